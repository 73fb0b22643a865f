"""Who a draft is for: the rows of the lists, sorted into segments.

Rule: rows stream; of each person only the key stays in memory. An address belongs to the first segment of the
draft that it matches, with the fields of the first row it matched with, and every further row says why not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from pathlib import PurePath
from typing import IO, Literal, NamedTuple

from newsletter import address
from newsletter.audience import consent
from newsletter.audience.consent import sign_up
from newsletter.audience.lists import EMAIL, CsvList, inspect
from newsletter.audience.met import Met
from newsletter.audience.roll import Change, Numbers, Roll, Snapshot
from newsletter.audience.segments import Condition, Segment, Segments, column_name, folded, parse_segments
from newsletter.errors import Mistake, SourceError, did_you_mean
from newsletter.model import Recipient

__all__ = [
    "Audience",
    "Candidate",
    "Change",
    "Condition",
    "ListReport",
    "Lists",
    "Numbers",
    "Reason",
    "Roll",
    "Segment",
    "Segments",
    "Snapshot",
    "parse_segments",
    "sign_up",
]

Reason = Literal["duplicate", "other_segment", "left", "suppressed", "no_consent"]

BAD_ROWS_KEPT = 100
"""How many bad rows of a list are told one by one; all are counted."""

LINES_SHOWN = 5
"""How many lines a note names."""

_Decide = Callable[[str, int, str], Reason | None]
"""Told a key, the number of its segment and a name."""

_PassOver = Callable[[str, int], Reason | None]
"""Told the key of somebody who left the list of this row, and the number of the segment."""

_FEW_VALUES = 1_000
"""More different values than this are no vocabulary in which a slip could be found."""

_HASH_MASK = (1 << 32) - 1


class _Sorting(NamedTuple):
    """How one reading finds out whose row is whose."""

    decide: _Decide
    pass_over: _PassOver
    left: Mapping[str, Container[str]]
    rolls: dict[str, Roll]
    """Those that have not begun to watch."""


class Candidate(NamedTuple):
    """A row that matches a segment of the draft, and why that person will not get the mail by it.

    A tuple, because half a million are made in each pass, and a frozen dataclass takes twice as long to make.
    """

    recipient: Recipient
    reason: Reason | None
    """`duplicate`: the address stood earlier in this segment; `other_segment`: it belongs to an earlier one;
    `left`: the person left this very list, so that a row of another may count for them, and there is nothing
    else against it; `suppressed`: they left it, and there is no consent either."""


@dataclass(frozen=True, slots=True)
class ListReport:
    """What one reading of a list found."""

    file: str
    rows: int
    """Rows with any text, the invalid ones among them."""
    invalid: int
    bad_rows: tuple[tuple[int, str], ...] = ()
    """The first `BAD_ROWS_KEPT` invalid rows: line and what is wrong with it."""
    notes: tuple[str, ...] = ()


class Lists:
    """The segments and the lists they name, checked against each other.

    `open_list` opens one of the lists called `available`, from its start, in bytes. Raises `SourceError` with
    every mistake: a list that is not there or cannot be used, a `where` column that no list of its segment has.
    """

    def __init__(
        self, segments: Segments, *, available: Collection[str], open_list: Callable[[str], IO[bytes]]
    ) -> None:
        self.segments = segments
        self.by_name: dict[str, CsvList] = {}
        folder = str(PurePath(segments.document.name).parent)
        mistakes = list(_unknown_lists(segments, available))
        for name in sorted({name for segment in segments.all for name in segment.lists} & set(available)):
            try:
                self.by_name[name] = inspect(name, partial(open_list, name), folder=folder)
            except SourceError as error:
                mistakes += error.mistakes
        mistakes += _unknown_columns(segments, self.by_name)
        if mistakes:
            raise SourceError(mistakes)

    @property
    def columns(self) -> frozenset[str]:
        """The merge fields: every column of every list that a segment names, but the address."""
        return frozenset(column for held in self.by_name.values() for column in held.columns) - {EMAIL}

    def nobody(self, name: str) -> Mistake:
        """Why a segment matches nobody, with the nearest value where no row has what its `where` asks for."""
        document, segment = self.segments.document, self.segments.select([name])[0]
        for column, condition in segment.where:
            held = {folded(row[at]) for list_ in segment.lists for at, row in self._cells(list_, column)}
            for wanted in set(condition.any_of or ()) - held:
                at = document.where(("segments", name, "where", column))
                what = f"no row has '{wanted}' in the column '{column}', so nobody is in '{name}'"
                return document.mistake(
                    what, at, did_you_mean(wanted, held) if len(held) <= _FEW_VALUES else ""
                )
        what = f"no row of {', '.join(segment.lists)} matches '{name}', so nobody would get it"
        return document.mistake(what, document.where(("segments", name)), "See: newsletter lists")

    def _cells(self, name: str, column: str) -> Iterator[tuple[int, list[str]]]:
        held = self.by_name[name]
        if column in held.columns:
            at = held.columns.index(column)
            yield from ((at, row) for _, row in held.rows(lambda _line, _why: None))

    def audience(self, names: Iterable[str], *, consent_required: bool, today: date | None = None) -> Audience:
        """The people of a draft for the named segments. Raises `SourceError` where one is unknown.

        Consent dated later than `today` is none; where that is not given, any day will do.
        """
        chosen = self.segments.select(names)
        return Audience(chosen, self, consent_required=consent_required, today=today)


class Audience:
    """The people of a draft, segment by segment, in order of precedence. Each iteration reads the lists anew.

    `lists`, `shared` and `unmatched` speak of the last iteration that came to its end.
    """

    def __init__(
        self, segments: tuple[Segment, ...], lists: Lists, *, consent_required: bool, today: date | None = None
    ) -> None:
        self.segments = segments
        self.columns = lists.columns
        self.consent_required = consent_required
        self.today = today
        self.lists: tuple[ListReport, ...] = ()
        self.shared = 0
        """How many addresses stand in rows of people with different names."""
        self.unmatched: tuple[str, ...] = ()
        """The segments that no row matched: more often a slip in `where` than a wish."""
        self._by_name = lists.by_name
        # The same few thousand days stand in half a million rows.
        self._is_past = lru_cache(maxsize=1 << 14)(partial(consent.is_past, today=today))

    def __iter__(self) -> Iterator[Candidate]:
        return self.read({})

    def read(
        self, left: Mapping[str, Container[str]], rolls: Mapping[str, Roll] | None = None
    ) -> Iterator[Candidate]:
        """The people, where some have left a list: its name → whom it is as if it did not hold, by key.

        `rolls` watch the lists of these files, whichever of their rows match.
        """
        shared: set[str] = set()
        met = Met()
        places = len(self.segments)
        watching = dict(rolls or {})
        sorting = _Sorting(_decider(places, met, shared), _passer(places, met), left, watching)
        tallies: dict[str, _Tally] = {}
        unmatched: list[str] = []
        for place, segment in enumerate(self.segments):
            matched = 0
            for name in segment.lists:
                # A list of two segments is read twice, and reported once.
                tally = _Tally()
                tallies.setdefault(name, tally)
                yield from self._members(segment, place, self._by_name[name], tally, sorting)
                matched += tally.matched
            if not matched:
                unmatched.append(segment.name)
        self.lists = tuple(tally.report(self._by_name[name]) for name, tally in tallies.items())
        self.shared = len(shared)
        self.unmatched = tuple(unmatched)

    def requires_consent(self, segment: Segment) -> bool:
        """Whether a row of this segment needs a consent record: the stricter of settings and segment holds."""
        return self.consent_required or segment.consent_required

    def _members(
        self,
        segment: Segment,
        place: int,
        held: CsvList,
        tally: _Tally,
        sorting: _Sorting,
    ) -> Iterator[Candidate]:
        """The rows of one list that match one segment.

        Half a million rows go through this loop: what does not depend on the row stands before it.
        """
        # A named tuple made as a tuple takes half the time.
        parse, key_of, new = address.parse, address.key, tuple.__new__
        segment_name, list_name = segment.name, held.stem
        source, is_past = consent.SOURCE, self._is_past
        consent_required = self.requires_consent(segment)
        day_at = held.columns.index(consent.DATE) if consent.DATE in held.columns else None
        belongs = segment.predicate(held.columns)
        email = held.columns.index(EMAIL)
        fields_at = [(column, at) for at, column in enumerate(held.columns) if column != EMAIL]
        decide, pass_over = sorting.decide, sorting.pass_over
        left = sorting.left.get(held.stem)
        # A list of two segments is watched the first time.
        roll = sorting.rolls.pop(held.name, None)
        note = None if roll is None else roll.watch(held)
        rows = matched = 0
        for line, row in held.rows(tally.bad):
            rows += 1
            try:
                written = parse(row[email])
            except address.AddressError as error:
                tally.invalid(line, str(error))
                continue
            if note is not None:
                note(written, row)
            day = "" if day_at is None else row[day_at]
            dated = day != "" and is_past(day)
            if day and not dated and consent_required:
                tally.wrong_day(line)
            if belongs is None or not belongs(row):
                continue
            key = key_of(written)
            fields = {column: row[at] for column, at in fields_at if row[at]}
            if left is not None and key in left:
                reason = pass_over(key, place)
            else:
                get = fields.get
                name = f"{get('first_name', '')} {get('last_name', '')}"
                reason = decide(key, place, name)
            if (reason is None or reason == "left") and consent_required and not (dated and source in fields):
                reason = "no_consent" if reason is None else "suppressed"
            matched += 1
            yield new(Candidate, (new(Recipient, (written, key, segment_name, fields, list_name)), reason))
        tally.rows += rows
        tally.matched += matched


@dataclass(slots=True)
class _Tally:
    """What is counted while a list is read."""

    rows: int = 0
    wrong: int = 0
    matched: int = 0
    bad_rows: list[tuple[int, str]] = field(default_factory=list)
    wrong_days: int = 0
    lines_of_days: list[str] = field(default_factory=list)

    def bad(self, line: int, why: str) -> None:
        """A row that could not be read as one."""
        self.rows += 1
        self.invalid(line, why)

    def invalid(self, line: int, why: str) -> None:
        self.wrong += 1
        if len(self.bad_rows) < BAD_ROWS_KEPT:
            self.bad_rows.append((line, why))

    def wrong_day(self, line: int) -> None:
        """A row whose consent is dated by no day, or by one that is still to come."""
        self.wrong_days += 1
        if len(self.lines_of_days) < LINES_SHOWN:
            self.lines_of_days.append(str(line))

    def report(self, held: CsvList) -> ListReport:
        notes = held.notes if self.rows else (*held.notes, "has a header but no rows")
        if self.wrong_days:
            notes = (*notes, self._wrong_days())
        return ListReport(held.name, self.rows, self.wrong, tuple(self.bad_rows), notes)

    def _wrong_days(self) -> str:
        number, lines = self.wrong_days, ", ".join(self.lines_of_days)
        have = "row has" if number == 1 else "rows have"
        where = f"{'line' if number == 1 else 'lines'} {lines}{', …' if number > LINES_SHOWN else ''}"
        return (
            f"{number:,} {have} no consent, for {consent.DATE} is no day up to today ({where}); "
            "write 2025-09-28 or 28/09/2025"
        )


def _decider(segments: int, met: Met, shared: set[str]) -> _Decide:
    """A function that notes in `met` whose key it was asked about, in which segment, under what name.

    It says why a row is not the one that counts for its address, if it is not, and adds to `shared` the keys
    that stood beside different names. Each key holds one number, `name × segments + segment`, where name is
    a 32-bit hash (0 for none): two names that collide cost no more than a remark.
    """

    def decide(key: str, place: int, name: str) -> Reason | None:
        hashed = hash(name.casefold()) & _HASH_MASK if name != " " else 0
        before = met.note(key, hashed * segments + place)
        if before is None:
            return None
        other, owner = divmod(before, segments)
        if other and hashed and other != hashed:
            shared.add(key)
        return "duplicate" if owner == place else "other_segment"

    return decide


def _passer(segments: int, met: Met) -> _PassOver:
    """A function for the rows of people who left the list: it says why, and leaves their key to other rows."""
    passed: dict[str, int] = {}

    def pass_over(key: str, place: int) -> Reason | None:
        held = met.get(key)
        if held is None and key not in passed:
            passed[key] = place
            return "left"
        owner = passed[key] if held is None else held % segments
        return "duplicate" if owner == place else "other_segment"

    return pass_over


def _unknown_lists(segments: Segments, available: Collection[str]) -> Iterator[Mistake]:
    document = segments.document
    for segment in segments.all:
        for number, name in enumerate(segment.lists):
            if name not in available:
                at = document.where(("segments", segment.name, "lists", number))
                yield document.mistake(f"there is no list '{name}'", at, did_you_mean(name, available))


def _unknown_columns(segments: Segments, by_name: dict[str, CsvList]) -> Iterator[Mistake]:
    """Columns in `where` that no list of the segment has, in segments whose lists could all be read."""
    document = segments.document
    for segment in segments.all:
        if not all(name in by_name for name in segment.lists):
            continue
        known = {column for name in segment.lists for column in by_name[name].columns}
        for written in document.data["segments"][segment.name].get("where", {}):
            column = column_name(written)
            if column not in known:
                at = document.keys["segments", segment.name, "where", written]
                what = f"no list of '{segment.name}' has a column '{column}'"
                yield document.mistake(what, at, did_you_mean(column, known))
