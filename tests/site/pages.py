"""The public pages as a reader's program sees them: one request, one answer, over a real socket."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from tests.cli.command import Result, finish, spawn
from tests.cli.small import Small

SITE = "https://reports.example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def title(self) -> str:
        found = re.search("<h1>(.*?)</h1>", self.text)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Site:
    """Pages that are served: where, by which process, for which workspace."""

    small: Small
    process: subprocess.Popen[bytes]
    base: str

    @property
    def listens_at(self) -> tuple[str, int]:
        found = urlsplit(self.base)
        assert found.hostname
        assert found.port
        return found.hostname, found.port

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own."""
        (answer,) = self.storm([(method, path, headers or {})], body)
        return answer

    def storm(
        self, wanted: Iterable[tuple[str, str, Mapping[str, str]]], body: bytes | None = None
    ) -> Iterator[Answer]:
        """Method, path and headers of one request after another, on one connection."""
        with closing(HTTPConnection(*self.listens_at, timeout=30)) as connection:
            for method, path, headers in wanted:
                connection.request(method, path, body, dict(headers))
                answer = connection.getresponse()
                held = {name.lower(): value for name, value in answer.getheaders()}
                yield Answer(answer.status, held, answer.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, form: Mapping[str, str] | None = None) -> Answer:
        """A form, as a browser sends it without a script."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, urlencode(form or {}).encode(), kind)

    def left(self) -> list[str]:
        """Who has opted out, by the command that shows it."""
        return [each["address"] for each in self.small.good("suppress", "list", "--json").json]

    def end(self) -> Result:
        """End it as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return finish(self.process)


@contextmanager
def served(small: Small, *arguments: str) -> Iterator[Site]:
    """The real command, at a free port."""
    with spawn("serve", "--port", "0", *arguments, cwd=small.root, env=small.env) as process:
        assert process.stdout is not None
        base = process.stdout.readline().decode().strip()
        if not base:
            raise AssertionError(finish(process).err)
        yield Site(small, process, base)


def online(small: Small) -> None:
    """Give a workspace public pages."""
    small.change("newsletter.yaml", "imprint:", f"site_url: {SITE}\nimprint:")
