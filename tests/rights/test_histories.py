"""Whatever happens to lists and people, in any order: who is sent to is who a ten-line model says.

The real parts are at work: list files, segments, the plan, the ledger with its events, the claim, the erasure.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from newsletter import address, dispatch, plan, rights
from newsletter.audience import Lists, parse_segments
from newsletter.delivery.fate import Event, Fate
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.run import Run
from newsletter.feedback.leaving import left
from newsletter.message import coder
from newsletter.workspace import Workspace
from tests.cli.small import SETTINGS, Small
from tests.delivery.parts import HandClock, new_ledger, new_run
from tests.test_plan import edition, proposal

SPELLINGS = {
    "ann@example.org": ("ann@example.org", "ANN@Example.ORG", " ann@example.org "),
    "bob@xn--bcher-kva.example": ("bob@bücher.example", "BOB@XN--BCHER-KVA.example", "Bob@BÜCHER.example"),
    "siân@example.org": ("siân@example.org", "SIÂN@example.org", "sia\u0302n@EXAMPLE.org"),
}
PEOPLE = tuple(SPELLINGS)
LISTS = ("members", "secretaries")
APART = "segments:\n  first: {{lists: [{0}.csv]}}\n  second: {{lists: [{1}.csv]}}\n"
MERGED = "segments:\n  all: {{lists: [{0}.csv, {1}.csv]}}\n"

person = st.sampled_from(PEOPLE)
spelling = st.integers(0, 2)
which = st.integers(0, 1)


class Model:
    """Who is on which list, and who has left what."""

    def __init__(self) -> None:
        self.on: dict[str, set[str]] = {name: set() for name in LISTS}
        self.out: set[tuple[str, str]] = set()

    def gone(self, who: str, name: str) -> bool:
        return any(p == who and (scope in {"", name} or scope not in self.on) for p, scope in self.out)

    def reached(self) -> set[str]:
        return {who for name, people in self.on.items() for who in people if not self.gone(who, name)}


class Histories(RuleBasedStateMachine):
    """Subscribing, importing, leaving, bouncing, erasing, restoring, renaming, merging; and sending between."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.small = Small(self.folder)
        self.small.write("newsletter.yaml", SETTINGS)
        self.small.write(".newsletter/ledger.db", new_ledger())
        self.workspace = Workspace.open(self.folder, {"NEWSLETTER_SECRET": "a secret"})
        self.code_of = coder(self.workspace.secret())
        self.clock = HandClock()
        self.context = dispatch.open_ledger(self.workspace, self.clock)
        self.ledger: Ledger = self.context.__enter__()
        self.model = Model()
        self.layout = APART
        self.kept: dict[str, set[str]] = {name: set() for name in LISTS}
        self.events: list[tuple[Event, str]] = []
        self.number = 0
        self.write()

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    # What the world does

    def name(self, which: int) -> str:
        return list(self.model.on)[which]

    def write(self, how: int = 0) -> None:
        """The lists as they are now, each person in one of their spellings."""
        for path in (self.folder / "lists").glob("*.csv"):
            path.unlink()
        for name, people in self.model.on.items():
            rows = "".join(f"{SPELLINGS[who][how]},Jo\n" for who in sorted(people))
            self.small.write(f"lists/{name}.csv", f"email,first_name\n{rows}")
        self.small.write("lists/segments.yaml", self.layout.format(*self.model.on))

    @rule(who=person, which=which, how=spelling)
    def subscribe(self, who: str, which: int, how: int) -> None:
        self.model.on[self.name(which)].add(who)
        self.write(how)

    @rule(people=st.sets(person), which=which, how=spelling)
    def import_a_list(self, people: set[str], which: int, how: int) -> None:
        self.model.on[self.name(which)] = people
        self.write(how)

    @rule()
    def keep_a_copy(self) -> None:
        self.kept = {name: set(people) for name, people in self.model.on.items()}

    @rule(which=which, how=spelling)
    def restore_the_copy(self, which: int, how: int) -> None:
        self.model.on[self.name(which)] = set(list(self.kept.values())[which])
        self.write(how)

    @rule(which=which, leaving=st.none() | person)
    def rename_a_list(self, which: int, leaving: str | None) -> None:
        if leaving is not None:
            self.leave_one_list(leaving, which)
        self.number += 1
        old = self.name(which)
        self.model.on = {
            f"list{self.number}" if name == old else name: people for name, people in self.model.on.items()
        }
        self.write()

    @rule()
    def merge_or_part_the_segments(self) -> None:
        self.layout = MERGED if self.layout == APART else APART
        self.write()

    @rule(who=person, how=spelling, told=st.booleans())
    def opt_out_by_hand(self, who: str, how: int, told: bool) -> None:
        key = address.key(address.parse(SPELLINGS[who][how]))
        self.ledger.suppressions.add([key], reason="asked", source="by hand")
        self.model.out.add((who, ""))
        if told:
            self.bounce(who)

    @rule(who=person, which=which)
    def leave_one_list(self, who: str, which: int) -> None:
        self.ledger.suppressions.add([who], reason="asked", source="by hand", scope=self.name(which))
        self.model.out.add((who, self.name(which)))

    @rule(who=person, known=st.booleans())
    def leave_by_the_link(self, who: str, known: bool) -> None:
        """The link holds the code; the address may be known beside it."""
        self.number += 1
        code = self.code_of(who)
        self.tell(left("page", f"{self.number}", at=1.0, code=code, key=who if known else ""), who)

    @rule(who=person)
    def bounce(self, who: str) -> None:
        self.number += 1
        self.tell(replace(left("mail", f"{self.number}", at=1.0, key=who), fate=Fate.BOUNCED), who)

    def tell(self, event: Event, who: str) -> None:
        self.ledger.events.take([event])
        self.events.append((event, who))
        self.model.out.add((who, ""))

    @precondition(lambda self: self.events)
    @rule(data=st.data(), comes_back=st.booleans())
    def tell_an_event_again(self, data: st.DataObject, comes_back: bool) -> None:
        """Late, and to no effect, also where the person has come back since."""
        event, who = data.draw(st.sampled_from(self.events))
        if comes_back:
            self.lift(who, -1)
        self.ledger.events.take([event])

    @rule(who=person, scope=st.integers(-1, 1))
    def lift(self, who: str, scope: int) -> None:
        name = "" if scope < 0 else self.name(scope)
        self.ledger.suppressions.lift(who, why="asked to come back", scope=name)
        self.model.out.discard((who, name))

    @rule(who=person, how=spelling)
    def erase(self, who: str, how: int) -> None:
        written = address.parse(SPELLINGS[who][how])
        erasure = rights.look(self.workspace, self.ledger, written)
        if not erasure.nothing:
            assert rights.erase(self.workspace, self.ledger, erasure)
            for people in self.model.on.values():
                people.discard(who)
            self.model.out.add((who, ""))

    @rule()
    def forget_old_sendings(self) -> None:
        self.clock.time += 400 * 86_400
        rights.clean(self.workspace, self.ledger, days=365, now=self.clock.now())

    # Sending

    def recipients(self) -> plan.Proposal:
        lists = Lists(
            parse_segments(self.workspace.segments_text(), name="lists/segments.yaml"),
            available=self.workspace.list_names(),
            open_list=self.workspace.open_list,
        )
        suppressed = self.ledger.suppressions.suppressed(self.workspace.list_stems())
        return proposal(
            (),
            audience=lists.audience(lists.segments.names, consent_required=False),
            editions={name: edition(name) for name in lists.segments.names},
            suppressed=suppressed.everywhere,
            left=suppressed.by_list,
        )

    def freeze(self) -> Run:
        self.number += 1
        proposed = self.recipients()
        people = [
            (recipient, values, self.code_of(recipient.key))
            for recipient, values in plan.recipients(proposed, plan.make(proposed).receipt)
        ]
        new = new_run(issue=f"issue{self.number}", editions=proposed.editions)
        return self.ledger.freeze(new, people)

    def claimed(self, run: Run) -> set[str]:
        people = self.ledger.claims.claim(run, 9, owner="a").people
        keys = [address.key(each.person.address) for each in people]
        assert len(keys) == len(set(keys)), "somebody is sent to twice"
        return set(keys)

    @rule()
    def send(self) -> None:
        assert self.claimed(self.freeze()) == self.model.reached()

    @rule(who=person)
    def leave_while_it_is_sent(self, who: str) -> None:
        run = self.freeze()
        self.leave_by_the_link(who, known=False)
        assert self.claimed(run) == self.model.reached()

    @invariant()
    def the_plan_reaches_whom_the_model_says(self) -> None:
        if hasattr(self, "model"):
            proposed = self.recipients()
            people = plan.recipients(proposed, plan.make(proposed).receipt)
            assert {recipient.key for recipient, _ in people} == self.model.reached()


QUICK = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_no_history_of_lists_and_people_brings_anybody_back() -> None:
    """Nobody who left is in a plan or a claim, and everybody else is."""
    run_state_machine_as_test(Histories, settings=QUICK)
