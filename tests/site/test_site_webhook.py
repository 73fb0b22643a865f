"""SendGrid's posts to the real `newsletter serve`: taken once, on the disk before the answer, or refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from threading import Thread
from typing import Any

from tests.cli.command import finish, spawn
from tests.cli.small import AMP, DRAFT, EVERYBODY, ISSUE, JANE, MEMBERS, WRITER, Small
from tests.sendgrid_stand_in import KEY, Acceptance, EventFeed, Fault, Post, StandIn, Wire
from tests.site.pages import Answer, Site, served

PATH = "/sendgrid/events"


@contextmanager
def sending(small: Small, *faults: Fault, segment: str = "members") -> Iterator[tuple[Small, StandIn]]:
    """A workspace that sent by SendGrid, whose events are signed by a key that it knows."""
    with StandIn(senders=[WRITER]) as sendgrid:
        made = replace(small, env={"SENDGRID_API_KEY": KEY, "SENDGRID_API_HOST": sendgrid.url})
        key = sendgrid.events.public_key
        made.change("newsletter.yaml", "smtp:", f"transport: sendgrid\nsendgrid: {{webhook_key: {key}}}\nsmtp:")
        sendgrid.script(*faults)
        made.good("sync")
        receipt = made.receipt("--segment", segment)
        made.run("send", DRAFT, "--segment", segment, "--receipt", receipt)
        yield made, sendgrid


def deliver(site: Site, post: Post) -> Answer:
    return site.ask("POST", PATH, post.body, post.headers)


def stands(small: Small) -> Mapping[str, Any]:
    return small.run("status", ISSUE, "--json").json  # type: ignore[no-any-return]


def kept(small: Small) -> list[tuple[str, str]]:
    """The events in the ledger, as they stand on the disk."""
    with sqlite3.connect(small.root / ".newsletter" / "ledger.db") as database:
        return database.execute("SELECT event_id, fate FROM events ORDER BY id").fetchall()


def test_a_storm_of_events_counts_each_once_and_settles_the_unknown(small: Small) -> None:
    """The reply was lost, and everybody unknown; then its events come, shuffled, cut anywhere, three times."""
    lost = Fault(wire=Wire.RESET, acceptance=Acceptance.BEFORE)
    with sending(small, lost) as (made, sendgrid), served(made) as site:
        assert stands(made)["unknown"] == len(MEMBERS)
        feed = sendgrid.events
        amp, jane, mustache, _ = sendgrid.account.accepted  # The last is the writer's own copy.
        told = feed.events()
        told += [
            feed.event(amp, "bounce", type="bounce", status="5.1.1", reason="550 5.1.1 unknown"),
            feed.event(jane, "spamreport"),
            feed.event(mustache, "bounce", type="blocked", status="5.7.1", reason="550 policy"),
            feed.event(mustache, "open"),
        ]
        any_order = Random(7)  # noqa: S311 - a test's shuffle
        for post in feed.posts(told, per_post=2, repeat=3, shuffle=any_order):
            assert deliver(site, post).status == 204
        assert len(kept(made)) == len(told) - 1, "an open was kept"
        assert site.left() == sorted([AMP, JANE])
        assert (stands(made)["unknown"], stands(made)["accepted"]) == (0, len(MEMBERS))


def test_killed_before_the_commit_nothing_is_lost_and_nothing_counts_twice(small: Small) -> None:
    """The post waits for the ledger, which another process holds; there the server dies, unanswered."""
    with sending(small) as (made, sendgrid):
        (post,) = sendgrid.events.posts(sendgrid.events.events())
        holding = sqlite3.connect(made.root / ".newsletter" / "ledger.db", isolation_level=None)
        with served(made) as site:
            holding.execute("BEGIN IMMEDIATE")
            answered: list[Answer] = []
            asking = Thread(target=_unanswered, args=(site, post, answered))
            asking.start()
            asking.join(0.5)
            site.process.kill()
            site.process.wait()
            asking.join()
        holding.execute("ROLLBACK")
        holding.close()
        assert (answered, kept(made)) == ([], [])
        with served(made) as site:
            assert [deliver(site, post).status for _ in range(2)] == [204, 204]
        assert sorted(fate for _, fate in kept(made)) == ["delivered"] * 4 + ["processed"] * 4


def _unanswered(site: Site, post: Post, answered: list[Answer]) -> None:
    try:
        answered.append(deliver(site, post))
    except OSError:
        return


def test_whatever_is_not_sendgrids_is_refused(small: Small) -> None:
    """Unsigned, altered, malformed, too large, by GET, empty: 4xx, nothing kept, nobody named in the log."""
    with sending(small) as (made, sendgrid), served(made) as site:
        (good,) = sendgrid.events.posts(sendgrid.events.events())
        forged = EventFeed(sendgrid.account).sign(sendgrid.events.events())
        hostile = [
            Post(good.body, {}),
            Post(good.body + b" ", good.headers),
            forged,
            Post(b"\xff\xfe", good.headers),
            Post(b"", {}),
            Post(good.body, dict.fromkeys(good.headers, "=")),
        ]
        assert [deliver(site, post).status for post in hostile] == [401, 401, 401, 400, 401, 401]
        assert site.get(PATH).status in {404, 405}
        assert _too_large(site) == 413
        assert kept(made) == []
        assert deliver(site, good).status == 204
        ended = site.end()
    assert "refused: it is not signed" in ended.err
    assert not any(person in ended.err for person in EVERYBODY)


def _too_large(site: Site) -> int:
    """Ten megabytes: refused by what is declared, before they are read."""
    try:
        return site.ask("POST", PATH, b"x" * 10_000_000).status
    except ConnectionError:
        # The answer was sent and the connection closed while the body was still on its way.
        return 413


def test_what_becomes_of_the_account_is_told(small: Small) -> None:
    """By the process that heard it, by `status` and by `sync`: SendGrid may be keeping all mail back."""
    with sending(small) as (made, sendgrid):
        now = int(sendgrid.account.clock())
        said = {"event": "account_status_change", "type": "compliance_suspend", "timestamp": now}
        with served(made) as site:
            assert deliver(site, sendgrid.events.sign([said | {"sg_event_id": "one"}])).status == 204
            assert (
                deliver(site, sendgrid.events.sign([said | {"sg_event_id": "two", "type": "<b>"}])).status
                == 204
            )
            heard = site.end().err
        assert "account-changed: SendGrid says of the account: compliance_suspend" in heard
        assert "<b>" not in heard
        for told in (made.run("status", ISSUE), made.run("sync")):
            assert ": compliance_suspend; look into its console" in told.err
        assert [each["said"] for each in made.good("sync", "--json").json["account"]] == [
            "compliance_suspend",
            "it does not say how",
        ]


def test_without_a_key_no_post_is_taken(small: Small) -> None:
    """It fails closed: signed or not."""
    with StandIn() as sendgrid, served(small) as site:
        assert deliver(site, sendgrid.events.sign([])).status == 401


def test_a_key_that_is_none_is_said_at_the_start(small: Small) -> None:
    """Exit 4, before anybody posts."""
    small.change("newsletter.yaml", "smtp:", "sendgrid: {webhook_key: nonsense}\nsmtp:")
    with spawn("serve", "--port", "0", cwd=small.root) as process:
        result = finish(process)
    assert result.code == 4
    assert "webhook_key" in result.err
