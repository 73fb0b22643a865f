"""The plan: who, how many, who not and why, and a receipt that changes when what is received changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter import plan
from newsletter.audience import Lists, parse_segments
from newsletter.errors import NotReady
from newsletter.model import SIGN_UP, UNSUBSCRIBE, Context, Edition, Headers, Pieces, Slot
from newsletter.plan import (
    REASONS,
    Limits,
    Plan,
    Proposal,
    Receipt,
    in_words,
    make,
    recipients,
    to_json,
    values_of,
)
from tests.audience.people import NAMES, SEGMENTS, audience, csv_of, row

HEADERS = Headers(
    sender_name="Robin Vale",
    sender_address="robin@reports.example.org",
    reply_to="robin@reports.example.org",
    list_id="nec.reports.example.org",
    list_name="NEC reports",
    unsubscribe_to="leave@reports.example.org",
    sent_at=datetime(2026, 11, 18, 9, 0, tzinfo=UTC),
)


def edition(
    segment: str, *, default: str | None = "friend", greeting: str = "Dear ", own: tuple[str, ...] = ()
) -> Edition:
    slots = (Slot("first_name", default, Context.TEXT), Slot(UNSUBSCRIBE, None, Context.TEXT))
    return Edition(
        issue="nec-2026-11-17",
        segment=segment,
        lang="en-GB",
        subject=Pieces(("Report",)),
        html=Pieces((greeting,)),
        text=Pieces((greeting, ", leave: ", ""), slots),
        fields=("first_name", "last_name", *own),
        disclaimer_html="",
        disclaimer_text="",
    )


SECRETARIES = (
    row("a@example.org"),
    row("b@example.org", "Siân"),
    row("A@example.org"),
    row("n@example.org", source=""),
)
MEMBERS = (row("b@example.org"), row("c@example.org", ""), row("d@example.org"), row("broken"))


def proposal(names: tuple[str, ...] = NAMES, **changed: object) -> Proposal:
    made = Proposal(
        issue="nec-2026-11-17",
        audience=audience(secretaries=SECRETARIES, members=MEMBERS),
        editions={name: edition(name) for name in names},
        headers=HEADERS,
        transport="smtp",
        transport_settings={"host": "relay.example.org"},
        limits=Limits(max_recipients=100, drift_percent=20),
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # each test names fields of Proposal


def reasons_of(made: Plan, name: str) -> dict[str, int]:
    """The reasons that took somebody out of a segment."""
    segment = next(segment for segment in made.segments if segment.name == name)
    return {reason: count for reason, count in segment.excluded.items() if count}


def test_a_plan_says_who_how_many_and_who_not() -> None:
    """Each segment in order, with every reason counted, masked examples and what was wrong with the lists."""
    made = make(proposal(suppressed={"d@example.org"}, already={"b@example.org"}))
    first, second = made.segments
    assert (first.name, first.title, first.matched, first.to_send) == ("secretaries", "CLP secretaries", 4, 1)
    assert tuple(first.excluded) == REASONS
    assert reasons_of(made, "secretaries") == {"duplicate": 1, "no_consent": 1, "already_sent": 1}
    assert (second.matched, second.to_send) == (7, 1)
    assert reasons_of(made, "members") == {"other_segment": 5, "suppressed": 1}
    assert (first.examples, second.examples) == (("a…@example.org",), ("c…@example.org",))
    assert made.total == 2
    assert {report.file: report.invalid for report in made.lists} == {"secretaries.csv": 0, "members.csv": 1}


def test_only_the_chosen_segments_are_planned_and_precedence_still_holds() -> None:
    """Those who belong to the secretaries wait for the secretaries' run."""
    made = make(proposal(("members",)))
    assert [segment.name for segment in made.segments] == ["members"]
    assert reasons_of(made, "members") == {"other_segment": 5}
    assert made.total == 2


@pytest.mark.parametrize(
    ("email", "source", "reason"),
    [
        ("left@example.org", "", "suppressed"),
        ("had@example.org", "", "no_consent"),
        ("both@example.org", "form", "suppressed"),
        ("had@example.org", "form", "already_sent"),
        ("twice@example.org", "form", "duplicate"),
        ("elsewhere@example.org", "form", "other_segment"),
    ],
)
def test_a_row_counts_under_the_first_reason(email: str, source: str, reason: str) -> None:
    """Duplicate, other segment, suppressed, no consent, already sent: in this order."""
    members = [row("twice@example.org"), row(email, source=source)]
    people = audience(secretaries=[row("elsewhere@example.org")], members=members)
    gone = {"left@example.org", "both@example.org", "elsewhere@example.org"}
    had = {"had@example.org", "both@example.org"}
    made = make(proposal(audience=people, suppressed=gone, already=had))
    counted = reasons_of(made, "members")
    assert counted.pop("other_segment") == (2 if reason == "other_segment" else 1)
    assert counted == ({} if reason == "other_segment" else {reason: 1})


LISTED = audience(
    secretaries=[row("a@example.org")], members=[row("a@example.org", "Al"), row("c@example.org")]
)


@pytest.mark.parametrize(
    ("left", "sent"),
    [
        ({}, [("secretaries", "secretaries", "Jo"), ("members", "members", "Jo")]),
        (
            {"secretaries": {"a@example.org"}},
            [("members", "members", "Al"), ("members", "members", "Jo")],
        ),
        ({"members": {"a@example.org"}}, [("secretaries", "secretaries", "Jo"), ("members", "members", "Jo")]),
        ({name: {"a@example.org"} for name in NAMES}, [("members", "members", "Jo")]),
    ],
)
def test_whoever_left_one_list_is_sent_to_by_another(
    left: dict[str, set[str]], sent: list[tuple[str, str, str]]
) -> None:
    """As if the list did not hold them: the first row of another counts, with its fields, in its segment."""
    asked = proposal(audience=LISTED, left=left)
    people = [person for person, _ in recipients(asked, make(asked).receipt)]
    assert [(each.segment, each.list_name, each.fields["first_name"]) for each in people] == sent


def test_leaving_one_list_voids_a_receipt_only_where_somebody_gets_other_words() -> None:
    """Who is on no other list is one fewer; who is gets that row's edition, which nobody was shown."""
    shown = make(proposal(audience=LISTED)).receipt
    gone = make(proposal(audience=LISTED, left={"members": {"c@example.org"}}))
    moved = make(proposal(audience=LISTED, left={"secretaries": {"a@example.org"}}))
    assert shown.changed(gone.receipt) == ()
    assert reasons_of(gone, "members") == {"other_segment": 2, "suppressed": 1}
    assert shown.changed(moved.receipt) == ("audience",)
    assert reasons_of(moved, "members") == {"duplicate": 1}


def test_people_who_lack_a_field_without_a_default_are_counted() -> None:
    """Only those who would be sent to count, and a field with a default is never lacking."""
    lacking = {name: edition(name, default=None) for name in NAMES}
    assert make(proposal(editions=lacking)).missing == {"first_name": 1}
    assert make(proposal(editions=lacking, suppressed={"c@example.org"})).missing == {}
    assert make(proposal()).missing == {}


def test_a_plan_over_the_cap_says_by_how_many() -> None:
    """The cap is a limit on the sum of all segments."""
    assert make(proposal(limits=Limits(max_recipients=4, drift_percent=20))).over_cap == 0
    assert make(proposal(limits=Limits(max_recipients=1, drift_percent=20))).over_cap == 3


def test_nobody_to_send_to_is_a_plan_all_the_same() -> None:
    """What an empty plan means is decided by whoever asked for it."""
    made = make(proposal(audience=audience()))
    assert (made.total, made.nobody) == (0, NAMES)


def test_an_edition_for_a_segment_outside_the_audience_is_a_fault_of_the_caller() -> None:
    """Such an edition would silently reach nobody."""
    with pytest.raises(ValueError, match="not in the audience"):
        proposal(audience=audience(names=["members"]))


def test_shared_addresses_are_counted() -> None:
    """Two people on one address are one recipient, and the plan can say so."""
    people = audience(members=[row("home@example.org", "Jo"), row("home@example.org", "Sam")])
    assert make(proposal(audience=people)).shared == 1


def test_the_second_pass_gives_those_to_send_to_with_their_values() -> None:
    """In the order of the lists, aligned with the fields of their edition, with the sign-up in words."""
    asked = proposal(
        editions={"secretaries": edition("secretaries"), "members": edition("members", own=(SIGN_UP, "clp"))},
        suppressed={"a@example.org"},
    )
    found = {person.address: values for person, values in recipients(asked, make(asked).receipt)}
    assert found == {
        "b@example.org": ("Siân", "Bloggs"),
        "c@example.org": (None, "Bloggs", "by form on 3 March 2025", None),
        "d@example.org": ("Jo", "Bloggs", "by form on 3 March 2025", None),
    }
    for person, values in recipients(asked, make(asked).receipt):
        assert values_of(asked.editions[person.segment], person) == values


def changing_audience() -> tuple[dict[str, str], Proposal]:
    """A proposal whose lists can be changed while it is planned."""
    files = {"secretaries.csv": csv_of(SECRETARIES), "members.csv": csv_of(MEMBERS)}
    held = Lists(
        parse_segments(SEGMENTS, name="lists/segments.yaml"),
        available=list(files),
        open_list=lambda name: BytesIO(files[name].encode()),
    )
    return files, proposal(audience=held.audience(NAMES, consent_required=True))


def test_a_list_that_changes_before_freezing_is_refused() -> None:
    """The second pass must read the very people the receipt was given for."""
    files, asked = changing_audience()
    receipt = make(asked).receipt
    assert len(list(recipients(asked, receipt))) == 4
    files["members.csv"] = csv_of([*MEMBERS, row("e@example.org")])
    with pytest.raises(NotReady) as refused:
        list(recipients(asked, receipt))
    assert str(refused.value) == "This changed while it was being planned: the list of people or their details."
    assert refused.value.hint == "Nothing was sent. Plan again."


def people_with(*extra: tuple[str, ...]) -> Callable[[Proposal], Proposal]:
    return lambda made: replace(made, audience=audience(secretaries=SECRETARIES, members=[*MEMBERS, *extra]))


def edited(**changed: str) -> Callable[[Proposal], Proposal]:
    return lambda made: replace(
        made,
        editions={**made.editions, "members": replace(made.editions["members"], **changed)},  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("change", "components"),
    [
        (
            lambda made: replace(
                made, editions={**made.editions, "members": edition("members", greeting="Hi ")}
            ),
            ["edition:members"],
        ),
        (
            lambda made: replace(
                made, editions={**made.editions, "members": edition("members", default="you")}
            ),
            ["edition:members"],
        ),
        (edited(lang="cy"), ["edition:members"]),
        (lambda made: replace(made, issue="other"), ["edition:members", "edition:secretaries"]),
        (
            lambda made: replace(made, editions={"members": made.editions["members"]}),
            ["edition:secretaries", "audience"],
        ),
        (lambda made: replace(made, headers=replace(HEADERS, reply_to="other@example.org")), ["headers"]),
        (lambda made: replace(made, transport="sendgrid"), ["transport"]),
        (lambda made: replace(made, transport_settings={"host": "other.example.org"}), ["transport"]),
        (lambda made: replace(made, limits=Limits(max_recipients=101, drift_percent=20)), ["limits"]),
        (lambda made: replace(made, limits=Limits(max_recipients=100, drift_percent=21)), ["limits"]),
        (lambda made: replace(made, lifted="2026-11-01T00:00:00Z 17"), ["lifted"]),
        (people_with(row("e@example.org")), ["audience"]),
        (
            lambda made: replace(made, audience=audience(secretaries=SECRETARIES[1:], members=MEMBERS)),
            ["audience"],
        ),
        (
            lambda made: replace(
                made, audience=audience(secretaries=SECRETARIES[:3], members=[row("n@example.org")])
            ),
            ["audience"],
        ),
        (
            lambda made: replace(
                made,
                audience=audience(secretaries=SECRETARIES, members=[*MEMBERS[:2], row("d@example.org", "Di")]),
            ),
            ["audience"],
        ),
        (
            lambda made: replace(
                made, audience=audience(secretaries=SECRETARIES, members=MEMBERS, consent_required=False)
            ),
            ["audience"],
        ),
    ],
)
def test_whatever_changes_what_somebody_receives_changes_the_receipt(
    change: Callable[[Proposal], Proposal], components: list[str]
) -> None:
    """And the receipt says which part of it changed."""
    before, after = make(proposal()).receipt, make(change(proposal())).receipt
    assert sorted(before.changed(after)) == sorted(after.changed(before)) == sorted(components)
    assert before.value != after.value


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made,
        lambda made: replace(made, suppressed={"a@example.org", "c@example.org"}),
        lambda made: replace(made, left={"members": {"c@example.org", "n@example.org"}}),
        lambda made: replace(made, left={"secretaries": {"n@example.org"}}),
        lambda made: replace(made, already={"a@example.org", "c@example.org"}),
        lambda made: replace(made, headers=replace(HEADERS, sent_at=datetime(2027, 1, 1, tzinfo=UTC))),
        people_with(row("broken again"), row("b@example.org", "Other"), row("z@example.org", source="")),
        lambda made: replace(made, editions=dict(reversed(made.editions.items()))),
    ],
)
def test_nothing_else_changes_the_receipt(change: Callable[[Proposal], Proposal]) -> None:
    """New opt-outs, mail already sent, the hour, bad rows and rows that were never to be sent to."""
    before, after = make(proposal()).receipt, make(change(proposal())).receipt
    assert before.changed(after) == ()
    assert before.value == after.value


def test_a_receipt_can_be_copied_by_hand() -> None:
    """Five groups of four letters and digits; case, spaces and hyphens do not matter."""
    receipt = make(proposal()).receipt
    groups = receipt.value.split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4, 4]
    assert receipt.matches(receipt.value.upper())
    assert receipt.matches(f" {' '.join(groups)} ")
    assert not receipt.matches(receipt.value[:-1])
    assert not receipt.matches("")


def test_every_component_has_words_for_people() -> None:
    """A refusal says what changed, not the name of a hash."""
    told = [in_words(component) for component in make(proposal()).receipt.components]
    assert told == [
        "the text of the edition for members",
        "the text of the edition for secretaries",
        "the sender or another header",
        "the way it is sent",
        "the limits",
        "the list of people or their details",
        "an opt-out that was lifted",
    ]


def test_cells_cannot_be_shifted_without_changing_the_receipt() -> None:
    """The end of one value is never taken for the start of the next, nor a missing one for a blank."""
    one = audience(members=[row("e@example.org", "a b", "c")])
    other = audience(members=[row("e@example.org", "a", "b c")])
    missing = audience(members=[row("e@example.org", "", "a b c")])
    values = {
        make(proposal(audience=people)).receipt.components["audience"] for people in (one, other, missing)
    }
    assert len(values) == 3


def test_receipts_of_other_components_differ() -> None:
    """A component that only one of two receipts has counts as changed."""
    assert Receipt({"limits": "a"}).changed(Receipt({"headers": "a"})) == ("limits", "headers")


def test_the_plan_as_json_has_the_agreed_shape() -> None:
    """The keys that scripts rely on."""
    made = make(proposal(suppressed={"d@example.org"}))
    problem = {"code": "S01", "severity": "error", "message": "…", "where": "drafts/x.md"}
    assert to_json(made, verdict="NOT READY", problems=[problem]) == {
        "issue": "nec-2026-11-17",
        "receipt": made.receipt.value,
        "transport": "smtp",
        "total": 3,
        "segments": [
            {
                "name": "secretaries",
                "title": "CLP secretaries",
                "matched": 4,
                "to_send": 2,
                "excluded": {
                    "suppressed": 0,
                    "duplicate": 1,
                    "other_segment": 0,
                    "no_consent": 1,
                    "already_sent": 0,
                },
            },
            {
                "name": "members",
                "title": "General members",
                "matched": 7,
                "to_send": 1,
                "excluded": {
                    "suppressed": 1,
                    "duplicate": 0,
                    "other_segment": 5,
                    "no_consent": 0,
                    "already_sent": 0,
                },
            },
        ],
        "lists": [
            {"file": "secretaries.csv", "rows": 4, "invalid": 0, "changes": None},
            {"file": "members.csv", "rows": 4, "invalid": 1, "changes": None},
        ],
        "checks": {"verdict": "NOT READY", "problems": [problem]},
    }


KEYS = [f"{letter}@example.org" for letter in "abcdef"]
PEOPLE = st.lists(
    st.builds(
        row,
        st.sampled_from([*KEYS, *map(str.upper, KEYS)]),
        first=st.sampled_from(["", "Jo"]),
        role=st.sampled_from(["secretary", "chair"]),
        source=st.sampled_from(["form", ""]),
    ),
    max_size=10,
)


SOME = st.sets(st.sampled_from(KEYS))


@given(PEOPLE, PEOPLE, SOME, SOME, st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, SOME)))
def test_the_sums_are_right_and_nobody_is_sent_to_twice(
    secretaries: list[tuple[str, ...]],
    members: list[tuple[str, ...]],
    gone: set[str],
    had: set[str],
    left: dict[str, set[str]],
) -> None:
    """Matched = to send + excluded; those frozen are those counted, once each, none of whom left."""
    people = audience(secretaries=secretaries, members=members)
    asked = proposal(audience=people, suppressed=gone, already=had, left=left)
    made = make(asked)
    frozen = [person for person, _ in recipients(asked, made.receipt)]
    for segment in made.segments:
        assert segment.matched == segment.to_send + sum(segment.excluded.values())
        assert segment.to_send == sum(person.segment == segment.name for person in frozen)
    keys = [person.key for person in frozen]
    assert len(keys) == len(set(keys)) == made.total
    assert not set(keys) & (gone | had)
    assert not any(person.key in left.get(person.list_name, ()) for person in frozen)
    assert made.receipt == plan.make(replace(asked, suppressed=frozenset(), already=frozenset())).receipt
