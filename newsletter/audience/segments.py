"""`segments.yaml`: which rows of which lists make a segment, in order of precedence.

Rule: a slip in this file must never widen a segment. A condition left blank, an unknown operator or column
is a mistake with its place, not a condition that always holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal
from unicodedata import normalize

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from newsletter import yaml_source
from newsletter.errors import Mistake, SourceError, Where, did_you_mean

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ISO_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[t ].*)?", re.ASCII)
"""A date, or the date of a time stamp (`2025-03-01T10:00:00Z`), in folded text."""

Test = Callable[[str], bool]
"""Whether a cell passes; the cell is folded, and empty where it is missing."""


def folded(text: str) -> str:
    """Text as it is compared: trimmed, without case."""
    return normalize("NFC", text).strip().casefold()


def column_name(header: str) -> str:
    """A header as a merge field and in `where`: `First Name` becomes `first_name`."""
    return re.sub(r"[\W_]+", "_", normalize("NFC", header).casefold()).strip("_")


def _listed(value: object) -> object:
    """A single value is a list of one."""
    return [value] if isinstance(value, str) else value


def _some_text(value: str) -> str:
    if not folded(value):
        raise ValueError("some text")
    return folded(value)


def _some_list(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("at least one list, such as [members.csv]")
    return value


def _date(value: str) -> str:
    found = _day(folded(value))
    if found != value.strip():
        raise ValueError("a date written as 2025-01-31")
    return found


@lru_cache(maxsize=4096)
def _day(cell: str) -> str:
    """The date of a folded cell, or nothing where it holds none. ISO dates sort as text."""
    found = _ISO_DATE.fullmatch(cell)
    try:
        return date.fromisoformat(found[1]).isoformat() if found else ""
    except ValueError:
        return ""


def _spelt_out(value: object) -> object:
    """A bare value, or a list of them, is the short form of `any_of`."""
    return value if isinstance(value, dict) else {"any_of": value}


_Texts = Annotated[tuple[Annotated[str, AfterValidator(_some_text)], ...], BeforeValidator(_listed)]
_Date = Annotated[str, AfterValidator(_date)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Model):
    """What one column must hold; every operator that is given must be satisfied."""

    any_of: _Texts | None = None
    not_: _Texts | None = Field(None, alias="not")
    """Holds for a missing value too."""
    before: _Date | None = None
    """This day or an earlier one; a cell that is no date does not match."""
    after: _Date | None = None
    """This day or a later one."""
    has: bool | None = None
    missing: bool | None = None
    starts_with: _Texts | None = None

    def tests(self) -> list[Test]:
        """One function for each operator."""
        return list(self._tests())

    def _tests(self) -> Iterator[Test]:
        if self.any_of is not None:
            yield frozenset(self.any_of).__contains__
        if self.not_ is not None:
            refused = frozenset(self.not_)
            yield lambda cell: cell not in refused
        if self.starts_with is not None:
            prefixes = self.starts_with
            yield lambda cell: cell.startswith(prefixes)
        if self.before is not None:
            last = self.before
            yield lambda cell: "" < _day(cell) <= last
        if self.after is not None:
            first = self.after
            yield lambda cell: _day(cell) >= first
        for wanted in (self.has, None if self.missing is None else not self.missing):
            if wanted is not None:
                yield bool if wanted else lambda cell: not cell


class _Segment(_Model):
    title: str = ""
    lists: Annotated[tuple[str, ...], AfterValidator(_some_list), BeforeValidator(_listed)]
    where: dict[str, Annotated[Condition, BeforeValidator(_spelt_out)]] = Field(default_factory=dict)
    consent: Literal["required"] | None = None


class _File(_Model):
    segments: dict[str, _Segment]


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of some lists that a draft can be sent to. `where` names its columns as `column_name` does."""

    name: str
    title: str
    lists: tuple[str, ...]
    where: tuple[tuple[str, Condition], ...] = ()
    consent_required: bool = False
    """Whatever the settings say, a row without a consent record is left out."""

    def predicate(self, columns: Sequence[str]) -> Callable[[Sequence[str]], bool] | None:
        """Whether a row with these columns belongs to the segment; None where no row can.

        A column that this list lacks is missing in every row, so its conditions are settled here.
        """
        places = {name: place for place, name in enumerate(columns)}
        checked: list[tuple[int, Test]] = []
        for column, condition in self.where:
            if column in places:
                checked += [(places[column], test) for test in condition.tests()]
            elif not all(test("") for test in condition.tests()):
                return None

        def belongs(row: Sequence[str]) -> bool:
            for place, test in checked:  # noqa: SIM110 - a generator would double the time of a row
                if not test(row[place].casefold()):
                    return False
            return True

        return belongs


@dataclass(frozen=True, slots=True)
class Segments:
    """Every segment of the file, in order of precedence."""

    all: tuple[Segment, ...]
    document: yaml_source.Document = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(segment.name for segment in self.all)

    def select(self, names: Iterable[str]) -> tuple[Segment, ...]:
        """The named segments, in order of precedence. Raises `SourceError`: an unknown name means nobody."""
        wanted = tuple(dict.fromkeys(names))
        unknown = [name for name in wanted if name not in self.names]
        if unknown or not wanted:
            raise SourceError(
                (self._nobody(name) for name in unknown or [""]), "Nothing was planned, nothing was sent."
            )
        return tuple(segment for segment in self.all if segment.name in wanted)

    def _nobody(self, name: str) -> Mistake:
        what = f"there is no segment '{name}', so nobody would get it" if name else "no segment is chosen"
        return Mistake(Where(self.document.name), what, did_you_mean(name, self.names))


def parse_segments(text: str, *, name: str) -> Segments:
    """The segments of a file. Raises `SourceError` with every mistake that can be seen in this file alone."""
    document = yaml_source.load(text, name=name)
    mistakes = [*_bad_names(document), *_blanks(document)]
    try:
        file = yaml_source.validated(document, _File)
    except SourceError as error:
        # A blank is told once, by the more helpful words.
        told = {mistake.where for mistake in mistakes}
        mistakes += [mistake for mistake in error.mistakes if mistake.where not in told]
        raise SourceError(mistakes) from None
    mistakes += _repeats(document, file)
    if not file.segments:
        mistakes.append(document.mistake("no segment is described here", document.where(("segments",))))
    if mistakes:
        raise SourceError(mistakes)
    return Segments(tuple(_segment(key, written) for key, written in file.segments.items()), document)


def _segment(name: str, written: _Segment) -> Segment:
    where = tuple((column_name(column), condition) for column, condition in written.where.items())
    title, strict = written.title or name, written.consent == "required"
    return Segment(name, title, written.lists, where, consent_required=strict)


def _written(document: yaml_source.Document) -> dict[str, object]:
    """The segments as YAML gave them, or none where the file has another shape."""
    found = document.data.get("segments")
    return found if isinstance(found, dict) else {}


def _bad_names(document: yaml_source.Document) -> Iterator[Mistake]:
    for name in _written(document):
        if not _NAME.fullmatch(name):
            at = document.keys["segments", name]
            hint = "A segment's name is lower-case letters, digits and hyphens: clp-secretaries."
            yield document.mistake(f"'{name}' cannot name a segment", at, hint)


def _blanks(document: yaml_source.Document) -> Iterator[Mistake]:
    """Whatever below `where` was written and left empty: dropping it would let everybody in."""
    for name, written in _written(document).items():
        if written is None:
            yield document.mistake(f"'{name}' is empty", document.keys["segments", name], "Name its lists.")
        if isinstance(written, dict) and written.get("consent", "") is None:
            at = document.keys["segments", name, "consent"]
            yield document.mistake("'consent' is empty", at, "Write `consent: required`, or remove the line.")
        if isinstance(written, dict) and "where" in written:
            yield from _blanks_at(document, ("segments", name, "where"), written["where"])


def _blanks_at(document: yaml_source.Document, at: yaml_source.Location, value: object) -> Iterator[Mistake]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _blanks_at(document, (*at, key), below)
    elif not value:
        # A value that is not written has no place of its own.
        place = document.keys.get(at, document.where(at)) if value is None else document.where(at)
        hint = "Say what it must be, or remove the line. For an empty cell: {missing: true}."
        yield document.mistake(f"'{at[-1]}' is empty, so it would not say whom it means", place, hint)


def _repeats(document: yaml_source.Document, file: _File) -> Iterator[Mistake]:
    """A list or column named twice in one segment."""
    for name, written in file.segments.items():
        columns = [column_name(column) for column in written.where]
        for kind, named in (("lists", written.lists), ("where", columns)):
            for repeated in sorted({item for item in named if list(named).count(item) > 1}):
                at = document.where(("segments", name, kind))
                yield document.mistake(f"'{repeated}' is named twice in '{kind}' of {name}", at)
