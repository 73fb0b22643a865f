"""The one door to Typst: a template's source and values in, a finished PDF or picture out.

Rule: nothing of the machine gets in. No font of the system, no clock, no file but the fonts of one folder; the
same source and values give the same bytes. What Typst complains of becomes an error of ours, at its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from newsletter.errors import Mistake, SourceError, UsageError, Where
from newsletter.publish import signs

if TYPE_CHECKING:
    import typst

_NEEDED = ("pypdf", "segno", "typst")
"""What `newsletter[print]` brings."""
_REPORT = "the print edition"
_ROUNDS = 3
"""Spelling out one sign can bring another to light, where two made one."""
_PLACE = re.compile(r"┌─ [^:\n]*:(?P<line>\d+):(?P<column>\d+)")
_UNSET = re.compile(r"the text `\"(?P<sign>.+?)\"` could not be displayed")
_ESCAPED = re.compile(r"\\u\{(?P<code>[0-9a-f]+)\}")
_WITHOUT = "Put a font that has it into the folder fonts/ of the workspace, or do without paper: paper: none."
_INSTALL = "Install it with: pip install 'newsletter[print]', or do without paper: paper: none."


class Part(NamedTuple):
    """A piece of the source: the file it comes from, as the user names it, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be set: the parts one after the other, which find the values as JSON in `sys.inputs.data`."""

    parts: Sequence[Part]
    values: Mapping[str, Any]
    fonts: str | None = None
    """The path of a folder of fonts beside those that come with Typst."""


def pdf(job: Job, *, timestamp: int) -> bytes:
    """A tagged PDF (PDF/UA-1), made at this time (epoch seconds).

    Raises `SourceError` for a fault of the template or a letter that no font has.
    """
    return _tried(job, "pdf", timestamp)


def picture(job: Job) -> bytes:
    """A PNG, a pixel for each point of its one page. Raises as `pdf` does."""
    return _tried(job, "png", 0)


def _tried(job: Job, form: Literal["pdf", "png"], timestamp: int) -> bytes:
    """Set it; signs that no font has are spelled out in words, and it is tried again."""
    check_installed()
    import typst  # noqa: PLC0415 - large, and not everybody has it

    for _ in range(_ROUNDS):
        try:
            # As a PDF in any case: in a picture, what is missing would be an empty box without a word.
            made = _compiled(job, "pdf", timestamp)
            return made if form == "pdf" else _compiled(job, "png", timestamp)
        except typst.TypstError as error:
            missing = {_unescaped(found["sign"]) for found in _UNSET.finditer(error.diagnostic)}
            if not missing:
                raise SourceError([_mistake(job, error)]) from None
            job = replace(job, values=_spelled_out(job, missing))
    raise SourceError([Mistake(Where(_REPORT), "some sign of the text cannot be set", _WITHOUT)])


def is_installed() -> bool:
    """Whether anything can be set here, with its code drawn and its pages read back."""
    return all(find_spec(name) is not None for name in _NEEDED)


def check_installed() -> None:
    """Raise `UsageError` where nothing can be set."""
    if not is_installed():
        raise UsageError("the print edition is set by Typst, which is not installed", _INSTALL)


def _compiled(job: Job, form: Literal["pdf", "png"], timestamp: int) -> bytes:
    import typst  # noqa: PLC0415 - as above

    compiled: Any = typst.compile  # its types would have a source and a folder be of one kind
    made: bytes = compiled(
        "\n".join(part.text for part in job.parts).encode(),
        format=form,
        ppi=72.0,
        ignore_system_fonts=True,
        font_paths=[job.fonts] if job.fonts else [],
        sys_inputs={"data": json.dumps(job.values, ensure_ascii=False)},
        pdf_standards=["ua-1"] if form == "pdf" else [],
        timestamp=timestamp,
    )
    return made


def _spelled_out(job: Job, missing: set[str]) -> Mapping[str, Any]:
    letters = signs.not_to_be_spelled(missing)
    # A letter beside a sign may only lack the sign's font.
    missing = set("".join(missing)) - letters
    if not missing:
        named = ", ".join(sorted(letters)[:5])
        raise SourceError([Mistake(Where(_REPORT), f"no font here has {named}", _WITHOUT)])
    spelled: Mapping[str, Any] = signs.spelled_out(job.values, missing)
    return spelled


def _mistake(job: Job, error: typst.TypstError) -> Mistake:
    """What Typst says of a template, at the line of the file that it stands in."""
    found = _PLACE.search(error.diagnostic)
    line, column = (int(found["line"]), int(found["column"]) + 1) if found else (0, 0)
    hint = "; ".join(error.hints)
    for part in job.parts:
        lines = part.text.split("\n")
        if line <= len(lines):
            shown = lines[line - 1].strip() if line else ""
            return Mistake(Where(part.name, line, column if line else 0), error.message, hint, shown)
        line -= len(lines)
    return Mistake(Where(job.parts[-1].name), error.message, hint)


def _unescaped(sign: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found["code"], 16)), sign)
