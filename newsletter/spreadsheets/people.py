"""The rows of a file become people: those who are on the list, and those who are not, each with the reason.

Rule: every row is counted once, and an opt-out anywhere in the file is one for the person, whatever other rows
say. What is not understood is no consent.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

from newsletter import address
from newsletter.audience.consent import DATE, SOURCE
from newsletter.audience.lists import EMAIL, clean
from newsletter.spreadsheets import values
from newsletter.spreadsheets.columns import Column, Plan, is_read
from newsletter.spreadsheets.tools import GONE, NAME, NO, STATUS, STATUSES, WANTED, YES, Standing

ORDER = (EMAIL, "first_name", "last_name", "clp", "region", "role", SOURCE, DATE)
"""The columns that a list usually has, as they stand in it."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody whom the file says not to write to."""

    key: str = field(repr=False)
    standing: Standing
    tool: str


@dataclass(slots=True)
class People:
    """What became of the rows of one or more sheets."""

    columns: tuple[str, ...] = ()
    kept: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """Key → the row as the list has it."""
    gone: dict[str, Gone] = field(default_factory=dict, repr=False)
    rows: int = 0
    duplicates: int = 0
    unconfirmed: int = 0
    opted_out_here: int = 0
    """People who are suppressed in this workspace, and stay so."""
    bad: list[tuple[str, str]] = field(default_factory=list)
    """Where a row stands that cannot be used, and why."""
    notes: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == (
            len(self.kept)
            + len(self.gone)
            + self.duplicates
            + self.unconfirmed
            + self.opted_out_here
            + len(self.bad)
        )


def people_of(plans: Sequence[Plan], *, suppressed: Container[str], consent_source: str | None) -> People:
    """The people of some sheets. `suppressed` are the keys of those who left, here."""
    found = People(columns=_columns(plans, consent_source))
    for plan in plans:
        _read(plan, found, consent_source)
    for key in [key for key in found.kept if key in found.gone]:
        # One row of theirs said that they left.
        del found.kept[key]
        found.duplicates += 1
    for key in [key for key in found.kept if key in suppressed]:
        del found.kept[key]
        found.opted_out_here += 1
    return found


def _columns(plans: Sequence[Plan], consent_source: str | None) -> tuple[str, ...]:
    """The columns of the list that is made."""
    targets = {column.target for plan in plans for column in plan.columns if column.target}
    if NAME in targets:
        targets |= {"first_name", "last_name"}
    if consent_source is not None:
        targets.add(SOURCE)
    targets = {target for target in targets if not is_read(target)} | {SOURCE, DATE}
    return (*(name for name in ORDER if name in targets), *sorted(targets - set(ORDER)))


def _read(plan: Plan, found: People, consent_source: str | None) -> None:
    to_date, said = values.dates_of(_cells(plan, plan.of(DATE)))
    if said:
        found.notes.append(f"{plan.sheet.name or 'dates'}: {said}")
    status = _status_column(plan)
    for line, row in plan.rows:
        found.rows += 1
        where = f"{plan.sheet.name}:{line}" if plan.sheet.name else f"line {line}"
        cells = clean(list(row))
        try:
            written = address.parse(_first(cells, plan.of(EMAIL)))
        except address.AddressError as error:
            found.bad.append((where, str(error)))
            continue
        key = address.key(written)
        standing = _standing(cells, plan, status)
        if standing is None:
            found.bad.append(
                (where, f"its status is '{_first(cells, (status,)) if status else ''}', which says nothing")
            )
        elif standing in {Standing.LEFT, Standing.BOUNCED}:
            found.duplicates += key in found.gone
            found.gone[key] = Gone(key, standing, plan.tool.name if plan.tool else "the file")
        elif standing is Standing.UNCONFIRMED:
            found.unconfirmed += 1
        elif key in found.kept:
            found.duplicates += 1
        else:
            found.kept[key] = _person(written, cells, plan, to_date, consent_source)


def _person(
    written: str, cells: Sequence[str], plan: Plan, to_date: values.ToDate, consent_source: str | None
) -> dict[str, str]:
    person = {EMAIL: written}
    for column in plan.columns:
        value = _cell(cells, column)
        if (
            column.target
            and column.target != EMAIL
            and not is_read(column.target)
            and not person.get(column.target)
        ):
            person[column.target] = to_date(value) if column.target == DATE else value
    whole = _first(cells, plan.of(NAME))
    if whole and not person.get("first_name") and not person.get("last_name"):
        person["first_name"], person["last_name"] = values.split_name(whole)
    if consent_source is not None and not person.get(SOURCE):
        person[SOURCE] = consent_source
    return person


def _standing(cells: Sequence[str], plan: Plan, status: Column | None) -> Standing | None:
    """What a row says of somebody's wish; None where it says something that is not known."""
    for column in plan.of(GONE):
        if _cell(cells, column).casefold() not in NO:
            return column.meaning
    if plan.everybody is not None:
        return plan.everybody
    if any(_cell(cells, column).casefold() not in YES for column in plan.of(WANTED)):
        return Standing.UNCONFIRMED
    if status is None:
        return Standing.SUBSCRIBED
    said = _status(_cell(cells, status))
    return STATUSES.get(said) if said else Standing.UNCONFIRMED


def _status_column(plan: Plan) -> Column | None:
    """The column whose words are a status: known ones for the most part, or it only is called so."""
    for column in plan.of(STATUS):
        said = [_status(cell) for cell in _cells(plan, (column,)) if cell.strip()]
        known = sum(cell in STATUSES for cell in said)
        if known and known * 2 >= len(said):
            return column
    return None


def _status(cell: str) -> str:
    return " ".join(cell.casefold().replace("_", " ").split())


def _cells(plan: Plan, columns: Iterable[Column]) -> list[str]:
    return [row[column.at] for column in columns for _, row in plan.rows if column.at < len(row)]


def _cell(cells: Sequence[str], column: Column) -> str:
    return cells[column.at] if column.at < len(cells) else ""


def _first(cells: Sequence[str], columns: Iterable[Column]) -> str:
    """The first of these cells that holds anything."""
    return next((value for column in columns if (value := _cell(cells, column))), "")
