"""What is left to the workers, by `send`, `resume` and `retry` alike."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.cli.command import Result, finish, spawn
from tests.cli.relay import Relay
from tests.cli.small import DRAFT, ISSUE, TOM, Small, make
from tests.delivery.postgres import new_database

LEFT = "the workers have it"


def drained(small: Small) -> Result:
    """What a worker says that ends when the queue is empty."""
    with spawn("worker", "--drain", cwd=small.root, env=small.env) as process:
        return finish(process, within_s=60)


def test_whatever_goes_on_can_be_left_to_the_workers(tmp_path: Path) -> None:
    """The command ends at once; who is left is in the queue, also after a stop and after a refusal."""
    small = make(tmp_path)
    small.env["NEWSLETTER_DATABASE"] = new_database()
    with Relay(answers={TOM: "550 5.7.1 not today"}) as relay:
        small.use_relay(relay.port)
        assert LEFT in small.good("send", DRAFT, "--receipt", small.receipt(), "--no-wait").err
        small.good("stop", ISSUE)
        drained(small)
        assert not relay.addresses
        resumed = small.good("resume", ISSUE, "--no-wait", "--json")
        assert LEFT in resumed.err
        assert resumed.json["pending"] == 5
        drained(small)
        assert small.good("status", ISSUE, "--json").json["rejected"] == 1
        relay.answers = {}
        retried = small.good("retry", ISSUE, "--failed", "--no-wait", "--json")
        assert LEFT in retried.err
        assert retried.json["pending"] == 1
        drained(small)
        assert small.good("resume", ISSUE, "--no-wait", "--json").json["accepted"] == 5
        assert max(Counter(relay.addresses).values()) == 1


@pytest.mark.parametrize("command", [("send", DRAFT), ("resume", ISSUE), ("retry", ISSUE, "--failed")])
def test_without_workers_nothing_can_be_left_to_them(tmp_path: Path, command: tuple[str, ...]) -> None:
    """A ledger in SQLite has none: nothing is begun."""
    small = make(tmp_path)
    with Relay(answers={TOM: "550 5.7.1 not today"}) as relay:
        small.use_relay(relay.port)
        if command[0] != "send":
            small.send()
        before = Counter(relay.addresses)
        refused = small.run(*command, "--no-wait")
        assert refused.code == 2
        assert "a ledger in SQLite has none" in refused.err
        assert relay.addresses == before
