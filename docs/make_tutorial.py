#!/usr/bin/env python3
"""Walk through tutorial.md and write down what the program answers: `python docs/make_tutorial.py`.

Rule: the page is the script. In a `console` block the lines after `$ ` are typed, and what follows is the
answer; `<!-- write: FILE -->` saves the block below it, and `<!-- second terminal -->` leaves it running.
The day, receipts and sizes of this walk are put in place of those of the page.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.cli import main

TUTORIAL = Path(__file__).with_name("tutorial.md")
DAY = date(2027, 1, 26)
"""The day on which the page is set."""
PORT = 8025
"""The port of the page's mail server."""

_BLOCK = re.compile(
    r"(?:<!-- (?P<mark>write: (?P<file>\S+)|second terminal) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_RECEIPT = re.compile(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){4}\b")
_VARYING = {
    "RECEIPT": _RECEIPT,
    "(SIZE)": re.compile(r"\(\d+ KB\)"),
    "TOKEN": re.compile(r"[a-z2-7]{16}\.[\w-]{43}"),
    "IN TIME": re.compile(r"in [\d.,]+ s, [\d.,]+ a second"),
}


class Walk:
    """One walk through the page, in a folder of its own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.today = datetime.now(ZoneInfo("Europe/London")).date()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = str(free.getsockname()[1])
        self.receipt = ""

    def block(self, found: re.Match[str]) -> str:
        """Do what a block says; the block as it should read."""
        if found["file"]:
            path = self.folder / self._now(found["file"])
            path.write_text(self._now(found["body"]), encoding="utf-8")
        elif found["mark"]:
            self._leave_running(self._now(found["body"]).strip().removeprefix("$ "))
        elif found["language"] == "console":
            return found[0].replace(found["body"], self._console(found["body"]))
        return found[0]

    def _console(self, body: str) -> str:
        typed = re.findall(r"^\$ (.+(?:\\\n.+)*)$", body, re.MULTILINE)
        return "".join(map(self._exchange, typed))

    def _exchange(self, line: str) -> str:
        """A line as it is typed now, and its answer."""
        line = _RECEIPT.sub(self.receipt, line)
        return f"$ {line}\n{self._answer(self._now(line))}"

    def _answer(self, line: str) -> str:
        command, *arguments = shlex.split(line)
        if command == "cd":
            self.folder /= arguments[0]
            return ""
        said = self._then(_program(arguments, self.folder) if command == "newsletter" else self._shell(line))
        self.receipt = next(iter(_RECEIPT.findall(said)), self.receipt)
        return "".join(f"{each.rstrip()}\n" for each in said.splitlines())

    def _shell(self, line: str) -> str:
        ran = subprocess.run(  # noqa: S603 - the commands are those of our own page
            ["/bin/sh", "-c", line],
            cwd=self.folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return ran.stdout.decode()

    def _leave_running(self, line: str) -> None:
        command = subprocess.Popen(  # noqa: S603 - as above
            shlex.split(line), cwd=self.folder, env=_environment(), stderr=subprocess.DEVNULL
        )
        self.stack.callback(command.wait)
        self.stack.callback(command.terminate)
        for _ in range(200):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"nothing answers on port {self.port}")

    def _now(self, text: str) -> str:
        """What the page says, for this day and this machine."""
        return text.replace(DAY.isoformat(), self.today.isoformat()).replace(str(PORT), self.port)

    def _then(self, text: str) -> str:
        """What is said today, as it is said on the day of the page."""
        return text.replace(self.today.isoformat(), DAY.isoformat()).replace(_words(self.today), _words(DAY))


def _program(arguments: Sequence[str], folder: Path) -> str:
    """All that the program says. It runs in this process, since its start takes longer than its work."""
    heard = io.BytesIO()
    both = io.TextIOWrapper(heard, encoding="utf-8", write_through=True)
    with chdir(folder), _called(arguments), redirect_stdout(both), redirect_stderr(both), suppress(SystemExit):
        main()
    # Detached, since closing the wrapper would close what is to be read.
    both.detach()
    return heard.getvalue().decode()


@contextmanager
def _called(arguments: Sequence[str]) -> Iterator[None]:
    """The arguments and the environment of the process that a reader would start."""
    before, environment = sys.argv, dict(os.environ)
    try:
        sys.argv = ["newsletter", *arguments]
        os.environ.clear()
        os.environ.update(_environment())
        yield
    finally:
        sys.argv = before
        os.environ.clear()
        os.environ.update(environment)


def _environment() -> dict[str, str]:
    """A plain one: this Python's programs, no colours, no one else's secrets."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "PYTHONUNBUFFERED": "1",
    }


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def walked(written: str) -> str:
    """The page with the answers of a walk in a fresh folder."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        return _BLOCK.sub(Walk(Path(folder), stack).block, written)


def settled(page: str) -> str:
    """The page without what differs from walk to walk."""
    for word, pattern in _VARYING.items():
        page = pattern.sub(word, page)
    return page


if __name__ == "__main__":
    before = TUTORIAL.read_text(encoding="utf-8")
    after = walked(before)
    if settled(after) == settled(before):
        sys.stdout.write("up to date\n")
    else:
        TUTORIAL.write_text(after, encoding="utf-8")
        sys.stdout.write(f"wrote {TUTORIAL.name}\n")
