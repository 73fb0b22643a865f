"""A document written elsewhere becomes a draft: read, mended, written as Markdown, compared word by word.

Rule: nothing of the document is dropped silently, and nothing that comes out of here is ready to be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from newsletter import markdown
from newsletter.documents import comparison, front, writer
from newsletter.documents.blocks import Document
from newsletter.documents.comparison import Comparison, Word
from newsletter.documents.formats import Format, recognised
from newsletter.documents.front import Front
from newsletter.documents.mending import Author, Change, Report, mend
from newsletter.errors import about_file
from newsletter.model import Report as Parsed

__all__ = [
    "Author",
    "Change",
    "Comparison",
    "Document",
    "Draft",
    "Format",
    "Look",
    "compared",
    "draft_of",
    "recognised",
]

MAX_CHARACTERS = 1_000_000
"""Of text: fifty long reports."""
_SILENT = "mark"
"""What a reader left out and nobody needs to hear of."""


@dataclass(frozen=True, slots=True, order=True)
class Look:
    """Something that a person should look at, in a line of the draft."""

    line: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A draft and what is to be said of how it came to be."""

    text: str
    front: Front
    report: Report
    document: Document
    done: tuple[tuple[str, tuple[int, ...]], ...]
    """Each step and the lines of the draft in which it changed something."""
    looks: tuple[Look, ...]

    @property
    def left(self) -> list[tuple[str, str]]:
        """What was left out by the reader: what it was, and its text."""
        return [(each.what, each.text) for each in self.document.left if each.what != _SILENT]


def draft_of(document: Document, author: Author, *, name: str, today: date, segments: Sequence[str]) -> Draft:
    """Make a draft of a document. Raises `SourceError` where there is nothing to make one of."""
    report = _report(document, author, name)
    head = front.guessed(
        report.blocks,
        title=report.head.title,
        head=report.head.lines,
        name=name,
        today=today,
        is_pdf=document.format == Format.PDF,
    )
    fronted = head.lines(segments)
    body = writer.written(report.blocks)
    first = len(fronted) + 2
    places = [first + place for place in body.places]
    done: dict[str, list[int]] = {}
    looks = [Look(first + line, what) for line, what in body.looks]
    for block, line in zip(report.blocks, places, strict=True):
        for step in block.done:
            done.setdefault(step, []).append(line)
        looks += [Look(line, what) for what in block.look]
    return Draft(
        text="\n".join([*fronted, "", *body.lines, ""]),
        front=head,
        report=report,
        document=document,
        done=tuple((step, tuple(lines)) for step, lines in done.items()),
        looks=tuple(sorted(looks)),
    )


def _report(document: Document, author: Author, name: str) -> Report:
    """The document mended. Raises `SourceError` for one that is a book, or empty."""
    size = sum(len(each.text) for each in document.source)
    if size > MAX_CHARACTERS:
        what = f"the document has {size / 1e6:.1f} million characters of text: this is no report"
        raise about_file(name, what, "Copy the report alone into a new document, and save that.")
    report = mend(document, author)
    if not front.has_text(report.blocks):
        raise about_file(name, "there is no text in the document", "Is it the right one?")
    return report


def compared(draft: Draft, parse: Callable[[bytes], Parsed]) -> Comparison:
    """The words of the document against those of the draft as the program will read it.

    `parse` reads a draft. Raises `SourceError` where it cannot: then the draft would have been no draft.
    """
    document = comparison.placed((each.place, each.text) for each in draft.document.source)
    explained = [(change.before, change.after) for change in draft.report.changes]
    explained += [(each.text, "") for each in draft.document.left if each.is_in_source]
    return comparison.compare(document, _words(parse(draft.text.encode())), explained)


def _words(report: Parsed) -> list[Word]:
    """The words of a draft's body, each with its line in the file."""
    found: list[Word] = []
    for token in markdown.parse(report.body):
        if token.map is None or token.type not in {"inline", "fence", "code_block"}:
            continue
        text = markdown.plain(token) if token.type == "inline" else token.content
        found += comparison.placed([(f"line {report.lines[token.map[0]]}", text)])
    return found
