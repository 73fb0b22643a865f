"""A spreadsheet or another tool's export becomes a list: columns are confirmed, nobody who left comes back."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import typer

from newsletter import address, quarantine, spreadsheets
from newsletter.audience import Change, Numbers, Roll
from newsletter.audience.lists import CsvList, inspect
from newsletter.cli import show
from newsletter.cli.writing import bytes_of, has_terminal, opened
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.suppressions import NewSuppression
from newsletter.dispatch import open_ledger
from newsletter.errors import NotReady, Refused, UsageError, about_file
from newsletter.message import coder
from newsletter.spreadsheets import Column, People, Plan, Standing, reading
from newsletter.workspace import Workspace

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_BAD_SHOWN = 5
_REASONS = {Standing.LEFT: "unsubscribed", Standing.BOUNCED: "bounced"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for on the command line."""

    name: str | None
    maps: list[str]
    sheet: str | None
    consent_source: str | None
    yes: bool
    accept_drift: bool


def import_list(file: Path | None, wishes: Wishes, *, as_json: bool) -> int:
    """Make or replace a list; refused where it would change by more than the limit and nobody said so."""
    if file is None:
        raise UsageError("lists import needs a file", "Example: newsletter lists import members.xlsx")
    workspace = opened()
    name = _list_name(wishes.name, file)
    plans = _plans(file, wishes)
    with open_ledger(workspace) as ledger:
        people = _people(workspace, ledger, plans, wishes, name=name, source=file.name)
        data, there = spreadsheets.written(people), workspace.list_bytes(name)
        change = _change(workspace, name, there, data) if people.kept else None
        report = _Report(file.name, f"lists/{name}", plans, people, change, _lost(name, there, people))
        if not as_json:
            for line in report.lines():
                show.say(line)
        _agree(workspace, wishes, change)
        added = _suppress(workspace, ledger, people, file.name)
    if people.kept:
        workspace.put_list(name, data, over=there)
    _tell(workspace, report, name, added, as_json=as_json)
    return 0


def _people(
    workspace: Workspace, ledger: Ledger, plans: tuple[Plan, ...], wishes: Wishes, *, name: str, source: str
) -> People:
    """Everybody in the file. Raises `SourceError` where it says nothing of anybody."""
    held = ledger.suppressions.suppressed(workspace.list_stems())
    suppressed = _Suppressed(held.everywhere, held.by_list.get(Path(name).stem, ()))
    people = spreadsheets.people_of(plans, suppressed=suppressed, consent_source=wishes.consent_source)
    if not (people.kept or people.gone):
        raise about_file(source, "nobody in it can be written to", f"{'; '.join(_counts(people))}.")
    return people


@dataclass(frozen=True, slots=True)
class _Suppressed:
    """Who left everything, or this list."""

    everywhere: Container[str]
    here: Container[str]

    def __contains__(self, key: object) -> bool:
        return key in self.everywhere or key in self.here


# Reading


def _plans(file: Path, wishes: Wishes) -> tuple[Plan, ...]:
    """How each sheet with people in it is read."""
    sheets, form = _sheets(file)
    asked = _maps(wishes.maps)
    if wishes.sheet is not None:
        sheets = tuple(sheet for sheet in sheets if sheet.name == wishes.sheet) or _no_sheet(
            sheets, wishes.sheet
        )
    found = [plan for sheet in sheets if (plan := spreadsheets.plan(sheet, asked)) is not None]
    found = [plan for plan in found if plan.of("email")]
    if not found:
        headers = ", ".join(
            f"'{cell}'" for cell in next((row for s in sheets for row in s.rows if any(row)), ())
        )
        hint = f'Say which it is: --map "HEADER=email". The first line holds: {headers}.' if headers else ""
        raise about_file(file.name, "no column holds e-mail addresses", hint)
    if len(found) > 1 and form is reading.Form.WORKBOOK:
        names = ", ".join(f"'{plan.sheet.name}'" for plan in found)
        raise UsageError(f"there are people in several sheets: {names}", "Say which: --sheet NAME")
    return tuple(found)


def _sheets(file: Path) -> tuple[tuple[spreadsheets.Sheet, ...], reading.Form]:
    data = bytes_of(file, reading.MAX_BYTES + 1)
    try:
        form = reading.recognised(data)
    except Refused as error:
        raise about_file(file.name, error.what, error.hint) from None
    answered = quarantine.answer("newsletter.spreadsheets.reading", form.value, data, name=file.name)
    sheets = spreadsheets.from_json(answered)
    if form is reading.Form.CSV:
        sheets = tuple(spreadsheets.Sheet(file.name, sheet.rows) for sheet in sheets)
    return sheets, form


def _no_sheet(sheets: tuple[spreadsheets.Sheet, ...], wanted: str) -> tuple[spreadsheets.Sheet, ...]:
    names = ", ".join(f"'{sheet.name}'" for sheet in sheets)
    raise UsageError(f"there is no sheet '{wanted}'", f"There are: {names}.")


def _maps(given: list[str]) -> Mapping[str, str]:
    pairs = [each.rpartition("=") for each in given]
    for header, mark, target in pairs:
        if not mark or not header.strip() or not target.strip():
            raise UsageError(f"--map {header}{mark}{target} names no column", 'Example: --map "Ward=ward"')
    return {header.strip(): target.strip() for header, _, target in pairs}


def _list_name(wanted: str | None, file: Path) -> str:
    """The list's file: as it was asked for, or like the file that is brought in."""
    stem = re.sub(r"[^\w.-]+", "-", file.stem).strip("-.") if wanted is None else wanted
    stem = stem.removeprefix("lists/").removesuffix(".csv")
    if not _NAME.fullmatch(stem):
        raise UsageError(
            f"'{stem}' cannot be the name of a list", "Letters, digits, and - between: --as members"
        )
    return f"{stem}.csv"


# Agreeing


def _change(workspace: Workspace, name: str, there: bytes | None, data: bytes) -> Change | None:
    """What becomes of the list that is there; None where there is none."""
    if there is None:
        return None
    numbers = Numbers(workspace.secret())
    before = Roll(numbers)
    _watch(before, name, there)
    roll = Roll(numbers, before.snapshot(), since="the list as it is")
    refused = _watch(roll, name, data)
    return roll.change(name, refused=refused)


def _lost(name: str, there: bytes | None, people: People) -> tuple[str, ...]:
    """The columns of the list that is there which the new one lacks."""
    held = () if there is None or not people.kept else _held(name, there).columns
    return tuple(column for column in held if column not in people.columns)


def _held(name: str, data: bytes) -> CsvList:
    return inspect(name, lambda: BytesIO(data), folder="lists")


def _watch(roll: Roll, name: str, data: bytes) -> int:
    """Show a roll every good row of a list; the number of the others."""
    held = _held(name, data)
    note, refused = roll.watch(held), 0
    at = held.columns.index("email")
    for _, cells in held.rows(lambda _line, _why: None):
        try:
            note(address.parse(cells[at]), cells)
        except address.AddressError:
            refused += 1
    return refused


def _agree(workspace: Workspace, wishes: Wishes, change: Change | None) -> None:
    """Let a list be written only by a person's word: that the columns are right, and how far it may change."""
    limit = workspace.settings.limits.drift_percent
    if change is not None and change.percent > limit and not wishes.accept_drift:
        raise NotReady(
            f"lists/{change.file} would change by {change.percent:.0f} %, and the limit is {limit:g} %",
            "Look at who is new and gone; if it is right, add --accept-drift. Nothing was written.",
        )
    if wishes.yes:
        return
    if not has_terminal():
        raise UsageError("nobody is there to say that the columns are right", "Look at them, and add --yes.")
    if not typer.confirm("Are the columns right?", err=True):
        raise NotReady("nothing was written", 'Say what a column is: --map "HEADER=column"')


def _suppress(workspace: Workspace, ledger: Ledger, people: People, source: str) -> int:
    """Keep the opt-outs of the file; one that was lifted here since does not come back by the same file."""
    code_of = coder(workspace.secret())
    return ledger.suppressions.add_all(
        NewSuppression(
            gone.key,
            f"{_REASONS[gone.standing]} in {gone.tool}",
            f"imported from {source}",
            event_id=f"import:{gone.tool}:{gone.standing}:{code_of(gone.key)}",
        )
        for gone in people.gone.values()
    )


# Telling


def _tell(workspace: Workspace, report: _Report, name: str, added: int, *, as_json: bool) -> None:
    """What was done, and what comes next."""
    if as_json:
        show.json(report.as_json(added))
        return
    if report.people.kept:
        print(report.path)
    for line in _next(workspace, name, report.people, added):
        show.say(line)


@dataclass(frozen=True, slots=True)
class _Report:
    """What is told of an import."""

    source: str
    path: str
    plans: tuple[Plan, ...]
    people: People
    change: Change | None
    lost: tuple[str, ...]
    """Columns that the list has now, and will not have."""

    def lines(self) -> Iterator[str]:
        tools = sorted({plan.tool.name for plan in self.plans if plan.tool})
        by = f", as {', '.join(tools)} exports people" if tools else ""
        yield f"{self.source}: {show.counted(self.people.rows, 'row', 'rows')}{by}"
        for plan in self.plans:
            yield f"columns{f' of {plan.sheet.name}' if len(self.plans) > 1 else ''}:"
            yield from (f"  {_said(column)}" for column in plan.columns if column.target)
            left = [column.header for column in plan.columns if not column.target and column.header]
            if left:
                yield f"  left out: {', '.join(left)} (to keep one: --map '{left[0]}=…')"
        nobody = "" if self.people.kept else ", so no list is written"
        yield f"people for {self.path}: {len(self.people.kept):,}{nobody}"
        yield from (f"  {each}" for each in _counts(self.people))
        yield from (f"  {where}: {why}" for where, why in self.people.bad[:_BAD_SHOWN])
        if len(self.people.bad) > _BAD_SHOWN:
            yield f"  … and {len(self.people.bad) - _BAD_SHOWN:,} more"
        yield from (f"  dates: {note}" for note in self.people.notes)
        if self.change is not None:
            yield f"{self.path} {self.change}"
            yield from (f"  the column {name} goes" for name in self.lost)

    def as_json(self, suppressed: int) -> dict[str, object]:
        people = self.people
        return {
            "list": self.path if people.kept else None,
            "rows": people.rows,
            "people": len(people.kept),
            "columns": [
                {"file": plan.sheet.name, "from": column.header, "to": column.target, "why": column.why}
                for plan in self.plans
                for column in plan.columns
            ],
            "left": sum(gone.standing is Standing.LEFT for gone in people.gone.values()),
            "bounced": sum(gone.standing is Standing.BOUNCED for gone in people.gone.values()),
            "newly_suppressed": suppressed,
            "unconfirmed": people.unconfirmed,
            "opted_out_here": people.opted_out_here,
            "duplicates": people.duplicates,
            "invalid": [{"where": where, "why": why} for where, why in people.bad],
        }


def _said(column: Column) -> str:
    return f"{column.header} → {_READ.get(column.target or '', column.target)}: {column.why}"


_READ = {
    "name": "first_name and last_name",
    "status": "whether they want mail",
    "wanted": "whether they want mail",
    "gone": "whether they left",
}
"""What is read of a column that is no column of the list."""


def _counts(people: People) -> Iterator[str]:
    left = sum(gone.standing is Standing.LEFT for gone in people.gone.values())
    counts = (
        ("left, to be suppressed", left),
        ("bounced, to be suppressed", len(people.gone) - left),
        ("never said yes, left out", people.unconfirmed),
        ("opted out here before, and stays so", people.opted_out_here),
        ("there already, by another row", people.duplicates),
        ("cannot be used", len(people.bad)),
    )
    yield from (f"{words}: {number:,}" for words, number in counts if number)


def _next(workspace: Workspace, name: str, people: People, added: int) -> Iterator[str]:
    if added:
        yield f"newly suppressed: {added:,}"
    lacking = sum(
        not person.get("consent_source") or not person.get("consent_date") for person in people.kept.values()
    )
    if lacking and workspace.settings.consent == "required":
        yield (
            f"without a whole consent record, who get nothing while consent is required: {lacking:,}; "
            "a source can be given for all: --consent-source TEXT"
        )
    if people.kept and name not in workspace.segments_text():
        yield f"no segment names {name} yet: add it to lists/segments.yaml"
    yield "next: newsletter lists check"
