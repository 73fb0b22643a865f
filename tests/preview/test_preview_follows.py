"""An open preview follows what no saved file tells: another command's acts, and the day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from watchfiles._rust_notify import WatchfilesRustInternalError

from newsletter import preview
from newsletter.delivery.clock import SystemClock
from newsletter.preview import live
from newsletter.preview.live import Live
from tests.cli.small import DRAFT, EVERYBODY, SIAN, Small
from tests.delivery.parts import use_postgres

_WITHIN_S = 30.0


def a_desk(small: Small, now: Callable[[], datetime]) -> preview.Desk:
    return preview.Desk(
        root=small.root,
        environment=small.env,
        choice=preview.Choice(small.root / f"drafts/{DRAFT}.md"),
        now=lambda _workspace: now(),
        clock=SystemClock(),
    )


def followed(desk: preview.Desk, *stages: tuple[Callable[[], object], Callable[[], object]]) -> None:
    """Keep the desk up to date; of each stage wait for the first, then do the second."""

    async def follow() -> None:
        shown = Live(desk)
        async with shown.running(), asyncio.timeout(_WITHIN_S):
            for awaited, act in stages:
                while not awaited():  # noqa: ASYNC110 - as a person looks: from outside, now and again
                    await asyncio.sleep(0.05)
                await asyncio.to_thread(act)
        assert shown.defect is None

    asyncio.run(follow())


def total(desk: preview.Desk) -> int:
    return desk.counted.plan.total if desk.counted else 0


@pytest.mark.parametrize("where", ["in another file", "in PostgreSQL"])
def test_an_opt_out_is_seen_wherever_the_ledger_is(small: Small, where: str) -> None:
    """The ledger is asked, not the file that most workspaces have."""
    elsewhere = f"sqlite:///{small.root / 'elsewhere.db'}"
    url = elsewhere if where == "in another file" else use_postgres(small.root)
    small = replace(small, env={**small.env, "NEWSLETTER_DATABASE": url})
    desk = a_desk(small, lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))
    followed(
        desk,
        (
            lambda: total(desk) == len(EVERYBODY),
            lambda: small.good("suppress", "add", SIAN, "--reason", "asked"),
        ),
        (lambda: total(desk) == len(EVERYBODY) - 1, lambda: None),
    )
    assert not (small.root / ".newsletter/ledger.db").exists()


def test_another_day_is_read_and_counted_anew(small: Small) -> None:
    """The meeting is still to come one day, and no longer the next, on a page that was left open over night."""
    now = {"it is": datetime(2026, 11, 16, 23, 59, tzinfo=UTC)}
    desk = a_desk(small, lambda: now["it is"])

    def is_to_come() -> bool:
        return desk.counted is not None and any(
            problem.code == "C19" for problem in desk.counted.planned.preflight.problems
        )

    followed(
        desk,
        (is_to_come, lambda: now.update({"it is": datetime(2026, 11, 17, 0, 0, tzinfo=UTC)})),
        (lambda: not is_to_come(), lambda: None),
    )


def test_what_is_saved_is_seen_where_the_machine_has_no_watch_left(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs may have taken all that a user may have: the preview looks for itself, and goes on."""

    async def refused(*_: object, **__: object) -> AsyncIterator[set[tuple[object, str]]]:
        raise WatchfilesRustInternalError(
            "Error creating recommended watcher: Too many open files (os error 24)"
        )
        yield set()

    monkeypatch.setattr(live, "awatch", refused)
    desk = a_desk(small, lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))

    def title() -> str:
        return desk.opened.mailing.report.title if desk.opened else ""

    followed(
        desk,
        (
            # Past the reading that follows the beginning of the watches, which would see it by chance.
            lambda: total(desk) == len(EVERYBODY),
            lambda: small.change(f"drafts/{DRAFT}.md", "title: Report of", "title: All of"),
        ),
        (lambda: title() == "All of the November meeting", lambda: None),
    )


def test_it_ends_at_the_moment_of_a_count(small: Small) -> None:
    """Ctrl-C just as something is to be counted is not forgotten over it."""
    desk = a_desk(small, lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))

    async def end() -> None:
        shown = Live(desk)
        async with asyncio.timeout(_WITHIN_S):
            async with shown.running():
                while not total(desk):  # noqa: ASYNC110 - as a person looks: from outside, now and again
                    await asyncio.sleep(0.05)
                await asyncio.sleep(1)  # Past what follows the first count: nothing is to be done.
                shown.count_again()
                await asyncio.sleep(0)

    asyncio.run(end())


def test_a_defect_ends_the_preview_and_is_told(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that shows what is no longer kept up to date would be worse than none, and it says so."""

    def broken(_: preview.Desk) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(preview.Desk, "open", broken)
    desk = a_desk(small, lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))
    with pytest.raises(ZeroDivisionError):
        preview.serve(desk, port=0, ready=lambda _: None)
