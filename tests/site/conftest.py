"""A workspace that has sent for real, with links in the mail, and the pages that they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli import small as small_workspace
from tests.cli.relay import Relay
from tests.cli.small import MEMBERS_CSV, Small
from tests.site.pages import SITE, Site, online, served

CROWD = tuple(f"member{number}@example.org" for number in range(40))


@dataclass(frozen=True, slots=True)
class Reached:
    """Readers who have a real mail, and what the link in it is."""

    site: Site
    links: dict[str, str]
    """Address → the path of their own link."""


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    """One sending and one process for all tests of a file; each test takes readers of its own."""
    small = small_workspace.make(tmp_path_factory.mktemp("site"))
    online(small)
    rows = "".join(f"{address},Mo,,Anytown,website form,2024-01-05\n" for address in CROWD)
    small.write("lists/members.csv", MEMBERS_CSV + rows)
    with Relay() as relay:
        small.use_relay(relay.port)
        sent = small.send()
        assert sent.code == 0, sent.err
        mails = relay.mail()
    links = {address: str(mail["List-Unsubscribe"]) for address, mail in mails.items()}
    assert all(link.startswith(f"<{SITE}/u/") for link in links.values())
    with served(small) as site:
        yield Reached(site, {each: link[1 + len(SITE) :].split(">")[0] for each, link in links.items()})


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """A fresh workspace of five people, with public pages."""
    made = small_workspace.make(tmp_path)
    online(made)
    return made
