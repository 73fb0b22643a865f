"""Who must not be mailed: by list or by all, by an event that counts once, and by a code after an erasure."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.delivery import mailboxes
from newsletter.delivery.database import LedgerError
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.suppressions import NewSuppression
from newsletter.message import coder
from newsletter.model import Recipient
from tests.delivery.parts import HandClock, address_of, frozen, new_run, opened, states, url_of
from tests.delivery.sender import SECRET

ONE, TWO = address_of(1), address_of(2)
code_of = coder(SECRET)


def keyed(folder: Path, secret: bytes = SECRET) -> Ledger:
    """The ledger, opened with a secret."""
    return Ledger.open(
        url_of(folder), processes=folder / "processes", now=HandClock().now, code_of=coder(secret)
    )


def test_whoever_leaves_one_list_stays_on_the_others(either: Path) -> None:
    """The claim asks for the list that the frozen row came from, and for nothing else."""
    people = [
        (Recipient(address, address, "members", {}, name), ("Ann", "Lee", None), code_of(address))
        for address, name in ((ONE, "members"), (TWO, "secretaries"))
    ]
    with opened(either) as ledger:
        run = ledger.freeze(new_run(), people)
        ledger.suppressions.add([ONE, TWO], reason="left", source="link", scope="members")
        claim = ledger.claims.claim(run, 9, owner="a")
        assert [each.person.address for each in claim.people] == [TWO]
        assert ledger.suppressions.keys() == frozenset()
        suppressed = ledger.suppressions.suppressed({"members", "secretaries"})
    assert ONE in suppressed.by_list["members"]
    assert ONE not in suppressed.everywhere


def test_a_list_that_is_gone_keeps_its_people_out_of_every_other(either: Path) -> None:
    """It may be there under another name, and whoever left it would be back."""
    with opened(either) as ledger:
        ledger.suppressions.add([ONE], reason="left", source="link", scope="members")
        suppressed = ledger.suppressions.suppressed({"members-2027"})
    assert ONE in suppressed.everywhere
    assert suppressed.by_list == {}


def test_each_scope_is_lifted_by_itself(either: Path) -> None:
    """A word about one list says nothing of another, or of all."""
    with opened(either) as ledger:
        left = ledger.suppressions
        left.add([ONE], reason="left", source="link", scope="members")
        assert left.add([ONE], reason="left all", source="link") == 1
        assert not left.lift(ONE, why="asked", scope="secretaries")
        assert left.lift(ONE, why="asked", scope="members")
        assert left.keys() == {ONE}
        assert [(each.scope, each.lifted_why) for each in left.history(ONE)] == [
            ("members", "asked"),
            ("", None),
        ]


def test_an_event_counts_once_even_after_a_lift(either: Path) -> None:
    """A provider tells again what it told; a person's word is not undone by that."""
    event = NewSuppression(ONE, "unsubscribed", "webhook", event_id="e1", at=5.0)
    with opened(either) as ledger:
        left = ledger.suppressions
        assert left.add_all([event, event]) == 1
        assert left.lift(ONE, why="asked to come back")
        assert left.add_all([event]) == 0
        assert left.keys() == frozenset()
        assert left.add([ONE], reason="unsubscribed", source="webhook", event_id="e2") == 1
        assert next((each.event_id, each.at) for each in left.history(ONE)) == ("e1", 5.0)


def test_whoever_came_back_is_known_until_they_leave_again(either: Path) -> None:
    """From everything, not from one list; by what the ledger knows them by, and since when it is asked."""
    with opened(either) as ledger:
        left = ledger.suppressions
        left.add([ONE, code_of(ONE)], reason="asked", source="by hand")
        left.add(["other@example.org"], reason="asked", source="by hand", scope="members")
        assert left.came_back() == {}
        left.lift("other@example.org", why="asked", scope="members")
        for key in (ONE, code_of(ONE)):
            left.lift(key, why="asked to come back")
        back = left.came_back()
        assert set(back) == {ONE, code_of(ONE)}
        assert left.came_back(since=max(back.values())) == {}
        left.add([ONE], reason="unsubscribed", source="page")
        assert set(left.came_back()) == {code_of(ONE)}


def test_an_event_about_somebody_suppressed_is_noted_and_is_nobody_new(either: Path) -> None:
    """Else it would count after a lift, as if it had come later than it did."""
    with opened(either) as ledger:
        left = ledger.suppressions
        left.add([ONE], reason="asked by phone", source="by hand")
        assert left.add([ONE], reason="complained", source="webhook", event_id="e1") == 0
        assert [each.reason for each in left.history(ONE)] == ["asked by phone", "complained"]
        assert [each.reason for each in left] == ["asked by phone"]
        assert left.lift(ONE, why="asked to come back")
        assert left.add([ONE], reason="complained", source="webhook", event_id="e1") == 0
        assert left.keys() == frozenset()


def test_whoever_is_held_by_a_code_is_recognised_everywhere(either: Path) -> None:
    """At plan time, in the claim, when suppressed again, in the history; and the address stays away."""
    ledger = keyed(either)
    left = ledger.suppressions
    assert left.add([code_of(ONE)], reason="erased", source="by hand") == 1
    assert left.add([ONE], reason="imported", source="a file") == 0
    assert left.add([ONE], reason="complained", source="webhook", event_id="e1") == 0
    assert {each.key for each in left.history(ONE)} == {code_of(ONE)}
    everywhere = left.suppressed(frozenset()).everywhere
    assert ONE in everywhere
    assert TWO not in everywhere
    run = ledger.freeze(new_run(), frozen([1, 2]))
    assert [each.person.address for each in ledger.claims.claim(run, 9, owner="a").people] == [TWO]
    assert states(ledger)[ONE] == "suppressed"
    assert left.lift(ONE, why="asked to come back")
    assert left.keys() == frozenset()
    ledger.close()


def test_a_ledger_with_codes_opens_with_their_secret_alone(either: Path) -> None:
    """By another secret nobody would be recognised, and everybody mailed again."""
    ledger = keyed(either)
    with ledger._database.write() as connection:
        mailboxes.bind_secret(connection, code_of)
    ledger.close()
    keyed(either).close()
    with pytest.raises(LedgerError, match="not the secret"):
        keyed(either, b"another secret")
    with pytest.raises(LedgerError, match="not the secret"), opened(either):
        pass
