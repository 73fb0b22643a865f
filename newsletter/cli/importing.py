"""A document becomes a draft: read, written down beside the others, and reported on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter import documents, quarantine
from newsletter.cli import show
from newsletter.cli.choices import Document
from newsletter.cli.writing import bytes_of, now, opened
from newsletter.documents import Comparison, Draft, formats
from newsletter.errors import UsageError
from newsletter.mailing import known, open_lists
from newsletter.settings import Settings
from newsletter.workspace import Workspace

_PASTED = "pasted text"
_LINES_SHOWN = 8
_SHOWN = 100
_NAMES = {
    "docx": "a Word document",
    "odt": "an OpenDocument text",
    "html": "a web page",
    "txt": "plain text",
    "pdf": "a PDF",
}
_LOST = 1
"""The exit code of a draft that lacks words of its document: as of a draft that is not ready."""


def import_document(
    file: str, *, output: str | None, form: Document | None, preview: bool, as_json: bool
) -> int:
    """Make the draft, say what was done, and end with 1 where a word was lost."""
    workspace = opened()
    given = _output(workspace, output) if output is not None else None
    lists = open_lists(workspace)
    name, draft = _drafted(workspace, file, form, lists.segments.names)
    path = given or _output(workspace, draft.front.id)
    parsed = known(workspace, lists)
    shown = workspace.shown(path)
    words = documents.compared(draft, lambda text: workspace.parse_draft(text, path, parsed))
    _write(path, draft.text, shown)
    report = _Report(name, shown, draft, words)
    if as_json:
        show.json(report.as_json())
    else:
        print(shown)
        for line in report.lines():
            show.say(line)
    if preview:
        from newsletter.cli.previewing import preview_draft

        preview_draft(str(path), port=0, browser=True, export=None)
    return _LOST if words.lost or words.added else 0


def _drafted(
    workspace: Workspace, file: str, form: Document | None, segments: Sequence[str]
) -> tuple[str, Draft]:
    """The document's name, and the draft that is made of it."""
    name, data = _read(file)
    read_as = formats.Format(form.value) if form else documents.recognised(data, name)
    answered = quarantine.answer("newsletter.documents.readers", read_as.value, data, name=name)
    draft = documents.draft_of(
        documents.Document.from_json(answered),
        _author(workspace.settings),
        name=name,
        today=now(workspace).date(),
        segments=segments,
    )
    return name, draft


def _read(file: str) -> tuple[str, bytes]:
    """The name and the bytes of what is to be imported, and no more bytes than can be."""
    most = formats.MAX_BYTES + 1
    if file == "-":
        if sys.stdin.isatty():
            show.say("paste the text, then press Enter and Ctrl-D")
        return _PASTED, sys.stdin.buffer.read(most)
    return Path(file).name, bytes_of(Path(file), most)


def _author(settings: Settings) -> documents.Author:
    sender = settings.sender
    return documents.Author(
        name=sender.name,
        role=sender.role,
        strapline=sender.strapline,
        disclaimer=settings.disclaimer or "",
        imprint=settings.imprint or "",
    )


def _output(workspace: Workspace, wanted: str) -> Path:
    """Where a draft is written. Raises `UsageError` where something is there already."""
    path = Path(wanted)
    if path.suffix not in {".md", ".markdown"}:
        path = path.with_name(f"{path.name}.md")
    if len(path.parts) == 1:
        path = workspace.root / "drafts" / path
    if path.exists():
        raise UsageError(
            f"{workspace.shown(path)} is there already", "Give the new draft another name: -o NAME."
        )
    return path


def _write(path: Path, text: str, shown: str) -> None:
    """Write a draft, whole or not at all, and never over another."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(exist_ok=True)
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # A link is refused where there is a file, which whoever wrote it in the meantime keeps.
        path.hardlink_to(fresh)
    except OSError as error:
        raise UsageError(f"{shown} cannot be written: {error.strerror or type(error).__name__}") from None
    finally:
        fresh.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Report:
    """What is told of an import."""

    source: str
    path: str
    draft: Draft
    words: Comparison

    def as_json(self) -> dict[str, object]:
        front = self.draft.front
        return {
            "draft": self.path,
            "format": self.draft.document.format,
            "guessed": [{"what": each.what, "why": each.why, "sure": each.is_sure} for each in front.guesses],
            "changed": [{"step": step, "lines": list(lines)} for step, lines in self.draft.done],
            "taken_out": [{"step": step, "text": text} for step, text in self._taken_out()],
            "left_out": [{"what": what, "text": text} for what, text in self.draft.left],
            "look": [{"line": each.line, "what": each.what} for each in self.draft.looks],
            "words": {
                "document": self.words.in_document,
                "draft": self.words.in_draft,
                "explained": self.words.explained,
                "lost": [{"place": each.place, "words": each.words} for each in self.words.lost],
                "added": [{"place": each.place, "words": each.words} for each in self.words.added],
            },
        }

    def _taken_out(self) -> Iterator[tuple[str, str]]:
        """Whole lines and sentences that are not in the draft, since the program writes them itself."""
        for change in self.draft.report.changes:
            if not change.after and any(map(str.isalpha, change.before)) and change.step not in _SIGNS:
                yield change.step, " ".join(change.before.split())

    def lines(self) -> Iterator[str]:
        document = self.draft.document
        length = show.counted(self.words.in_document, "word", "words")
        yield f"{self.source}: {_NAMES[document.format]}, {length}"
        yield from _part("guessed", (f"{each.what} ({each.why})" for each in self.draft.front.guesses))
        yield from _part("changed", (f"{step}: {_lines(lines)}" for step, lines in self.draft.done))
        yield from _part(
            "taken out, since every mail says it or pages repeat it",
            (f"{step}: “{_short(text)}”" for step, text in self._taken_out()),
        )
        yield from _part(
            "left out of the draft", (f"{what}: “{_short(text)}”" for what, text in self.draft.left)
        )
        looks = [*document.notes, *(f"{self.path}:{each.line}: {each.what}" for each in self.draft.looks)]
        yield from _part("look at", looks)
        yield from self._of_words()
        yield f"next: write the summary, and see it with: newsletter preview {Path(self.path).stem}"

    def _of_words(self) -> Iterator[str]:
        words = self.words
        told = f"words: {words.in_document:,} in the document, {words.in_draft:,} in the draft"
        if not (words.lost or words.added):
            yield f"{told}; every one is in its place or accounted for above"
            return
        yield told
        yield from _part("LOST, and nobody knows why", map(str, words.lost))
        yield from _part("ADDED, and nobody knows why", map(str, words.added))
        yield "compare these places by hand before you use the draft"


_SIGNS = frozenset({"typed points", "headings"})
"""Steps that take out signs and numbers, which the draft sets anew."""


def _part(title: str, lines: Iterable[str]) -> Iterator[str]:
    held = list(lines)
    if held:
        yield f"{title}:"
        yield from (f"  {line}" for line in held)


def _lines(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, numbers[:_LINES_SHOWN]))
    more = ", …" if len(numbers) > _LINES_SHOWN else ""
    return f"{show.counted(len(numbers), 'place', 'places')} (line {shown}{more})" if numbers else ""


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= _SHOWN else f"{said[: _SHOWN - 1].rstrip()}…"
