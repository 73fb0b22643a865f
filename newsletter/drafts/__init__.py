"""A draft, Markdown with front matter or YAML, becomes a `Report`.

Rule: both forms of the same text give the same report, everything wrong with a file is said at once, each at
its place, and whatever the bytes are, the outcome is a `Report` or a `SourceError`.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

from newsletter import yaml_source
from newsletter.drafts import faults
from newsletter.drafts.body import Body, from_markdown, from_yaml
from newsletter.drafts.front import REASON_HINT, UNREASONED, Front, YamlDraft
from newsletter.drafts.known import FIELD, Known, fields_of
from newsletter.drafts.source import Source
from newsletter.errors import Mistake, SourceError, Where
from newsletter.model import Correction, Meeting, Report

__all__ = ["FIELD", "SUFFIXES", "Known", "fields_of", "parse"]

MARKDOWN = (".md", ".markdown")
YAML = (".yaml", ".yml")
SUFFIXES = MARKDOWN + YAML

Places = tuple[tuple[str, int, int], ...]
"""See `Report.places`."""

_FENCE = re.compile(r"---[ \t]*")
_NO_FRONT = "Start the file with ---, then title: and meeting:, then --- again, then the text."


def parse(data: bytes, *, name: str, known: Known) -> Report:
    """Read a draft by the suffix of `name`, which is the file as the user names it.

    Raises `SourceError` with every mistake of the file.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        what = f"a draft cannot be a {suffix} file" if suffix else "a draft needs a suffix"
        hint = "Save it as Markdown (.md) or YAML (.yaml)."
        raise SourceError([Mistake(Where(name), what, hint)])
    source = Source.read(data, name=name)
    return _parse_yaml(source, known) if suffix in YAML else _parse_markdown(source, known)


def _parse_markdown(source: Source, known: Known) -> Report:
    if not _FENCE.fullmatch(source.lines[0]):
        raise SourceError([source.mistake("the front matter is missing", 1, 1, _NO_FRONT)])
    end = next((index for index, line in enumerate(source.lines[1:], 1) if _FENCE.fullmatch(line)), None)
    if end is None:
        hint = "Put --- on a line of its own after the last key."
        raise SourceError([source.mistake("the front matter is never closed", 1, 1, hint)])
    body = from_markdown(source.lines[end + 1 :], first_line=end + 2)
    mistakes = faults.find(body, source, known)
    front: Front | None = None
    places: Places = ()
    try:
        document = yaml_source.load("\n".join([*source.lines[1:end], ""]), name=source.name, line_offset=1)
        mistakes += _without_reason(document)
        front = yaml_source.validated(document, Front, context=known)
        places = _places(document)
    except SourceError as error:
        mistakes.extend(error.mistakes)
    return _report(front, body, source, mistakes, places)


def _parse_yaml(source: Source, known: Known) -> Report:
    document = yaml_source.load("\n".join(source.lines), name=source.name)
    body = from_yaml(document, source)
    mistakes = [*faults.find(body, source, known), *_without_reason(document)]
    front: Front | None = None
    try:
        front = yaml_source.validated(document, YamlDraft, context=known)
    except SourceError as error:
        mistakes.extend(error.mistakes)
    return _report(front, body, source, mistakes, _places(document))


def _without_reason(document: yaml_source.Document) -> list[Mistake]:
    """Each check that is silenced by a bare `C05:`, which counts as not written when the keys are read."""
    silence = document.data.get("silence")
    return [
        document.mistake(UNREASONED, document.where(("silence", code)), REASON_HINT)
        for code, reason in (silence.items() if isinstance(silence, dict) else ())
        if reason is None or not reason
    ]


def _places(document: yaml_source.Document) -> Places:
    """Where the texts stand that are not the body's."""
    body = {"intro", "sections", "closing"}
    return tuple(
        (".".join(map(str, location)), where.line, where.column)
        for location, where in document.values.items()
        if location and location[0] not in body
    )


def _report(front: Front | None, body: Body, source: Source, mistakes: list[Mistake], places: Places) -> Report:
    if front is None or mistakes:
        raise SourceError(set(mistakes))
    lines = body.canonical()
    return Report(
        issue=front.id or _slug(source.name),
        has_id=front.id is not None,
        title=front.title,
        meeting=Meeting(front.meeting.body, front.meeting.date, front.meeting.kind),
        subject=front.subject or front.title,
        preheader=front.preheader,
        summary=tuple(front.summary),
        segments=tuple(dict.fromkeys(front.segments)),
        theme=front.theme,
        lang=front.lang,
        body="\n".join(line.text for line in lines),
        corrections=tuple(
            sorted((Correction(each.date, each.text) for each in front.corrections), key=lambda made: made.date)
        ),
        paper=front.paper,
        silenced=tuple(front.silence.items()),
        source=source.name,
        places=places,
        lines=tuple(line.number for line in lines),
    )


def _slug(name: str) -> str:
    """The file's stem as an id: what a folder and a Message-ID can hold."""
    plain = unicodedata.normalize("NFKD", PurePath(name).stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain)[:64].strip("-").lower() or "draft"
