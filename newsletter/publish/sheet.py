"""The print edition: a PDF to be handed round at a meeting.

Rule: the template says how it looks; the foot of every page and the box at the end are ours, and the finished
pages are read back: the disclaimer stands legibly on each of them, and the imprint on the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from importlib import resources
from io import BytesIO
from typing import Any

from markdown_it.token import Token

from newsletter.errors import Mistake, SourceError, Where
from newsletter.publish import blocks, legible, typesetting
from newsletter.publish.blocks import Node
from newsletter.publish.copy import PublicCopy
from newsletter.publish.typesetting import Job, Part
from newsletter.render.look import palette
from newsletter.render.words import FEWEST_FOR_CONTENTS, in_words, unbroken

TEMPLATE = "print/report.typ"

_OPENING = "opening"
"""The anchor of what stands before the first heading."""


def print_edition(copy: PublicCopy, templates: Mapping[str, str], fonts: str | None = None) -> bytes:
    """The PDF, the same bytes for the same report.

    Raises `SourceError` for a template that cannot make it, and `UsageError` where nothing can be set.
    """
    typesetting.check_installed()
    source = Part(f"templates/{TEMPLATE}", templates[TEMPLATE])
    job = Job(parts=[_frame(), source, Part("the end", "#closing")], values=values(copy), fonts=fonts)
    noon = datetime.combine(copy.changed_on, time(12), UTC)
    made = typesetting.pdf(job, timestamp=int(noon.timestamp()))
    _check(made, copy, source.name)
    return made


def values(copy: PublicCopy) -> dict[str, Any]:
    """What the template is given as `data`."""
    held = copy.content
    reading = _Reading(frozenset(section.anchor for section in held.sections))
    corrections = [{"date": in_words(day), "text": reading.line(text)} for day, text in copy.corrections]
    summary = [reading.line(point) for point in held.summary]
    sections = [
        {
            "number": section.number,
            "anchor": section.anchor or _OPENING,
            "heading": reading.line(section.heading) if section.heading else None,
            "blocks": reading.within(blocks.blocks(section.body)),
        }
        for section in held.sections
    ]
    headed = [
        {key: each[key] for key in ("number", "anchor", "heading")} for each in sections if each["heading"]
    ]
    return {
        **_about(copy),
        "corrections": corrections,
        "summary": summary,
        "contents": headed if len(headed) >= FEWEST_FOR_CONTENTS else [],
        "sections": sections,
    }


def _about(copy: PublicCopy) -> dict[str, Any]:
    said, look = copy.words, copy.look
    language, _, region = copy.lang.partition("-")
    shades = palette(look)
    return {
        "title": unbroken(copy.content.title),
        "name": look.sender_name,
        "role": look.role,
        "strapline": look.strapline,
        "writer": said.writer,
        "meeting": said.meeting,
        "date": said.date,
        "lang": language,
        "region": region if len(region) == len("GB") else None,
        "rtl": copy.direction == "rtl",
        "accent": shades.text,
        "tint": shades.tint,
        "disclaimer": look.disclaimer,
        "closing": list(_closing(copy)),
        "web": {"text": said.web_url, "address": said.web_url, "code": _qr_code(said.web_url)}
        if said.web_url
        else None,
    }


def _closing(copy: PublicCopy) -> Iterator[Node]:
    """What stands below the disclaimer at the end, in the order of the mail's footer."""
    said = copy.words
    yield {"text": said.writer, "address": None}
    if said.reply_to:
        yield {"text": said.answer, "address": f"mailto:{said.reply_to}", "shown": said.reply_to}
    yield from ({"text": line, "address": None} for line in (said.imprint, said.postal_address) if line)
    for words, address in (
        ("Privacy notice:", said.privacy_url),
        ("On the web, with every link:", said.web_url),
        (said.forwarded, said.site_url),
    ):
        if address:
            yield {"text": words, "address": address, "shown": address}


@dataclass(frozen=True, slots=True)
class _Reading:
    """Goes through a report from its start to its end, and settles what depends on what came before.

    A link whose address has to be written out has a number, the same for the same address.
    """

    anchors: frozenset[str]
    notes: dict[str, int] = field(default_factory=dict)

    def line(self, token: Token) -> list[Node]:
        return self.within(blocks.inline(token))

    def within(self, nodes: list[Node]) -> list[Node]:
        return [self._read(node) for node in nodes]

    def _read(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._read(each) for each in value]
        if not isinstance(value, dict):
            return value
        node = {key: self._read(each) for key, each in value.items()}
        return node | self._of_link(node) if node.get("kind") == "link" else node

    def _of_link(self, node: Node) -> Node:
        address = node["address"]
        if address.startswith("#"):
            to = address[1:]
            return {"to": to if to in self.anchors else None, "address": None, "note": None}
        if node["shown"]:
            return {"to": None, "note": None}
        first = address not in self.notes
        number = self.notes.setdefault(address, len(self.notes) + 1)
        written = re.sub(r"^tel:|^mailto:([^?]*).*$", r"\1", address)
        return {"to": None, "note": number, "first": first, "written": written}


def _qr_code(address: str) -> str:
    """An SVG."""
    import segno  # noqa: PLC0415 - not everybody has it

    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", border=0, xmldecl=False)
    return drawn.getvalue().decode()


def _frame() -> Part:
    source = resources.files("newsletter.publish") / "frame.typ"
    return Part("the frame of the print edition", source.read_text(encoding="utf-8"))


def _check(made: bytes, copy: PublicCopy, name: str) -> None:
    """Raise `SourceError` unless the finished pages say what every copy has to."""
    *pages, last = legible.pages(made)
    disclaimer = copy.look.disclaimer
    wanted = [(number, page, disclaimer, 1) for number, page in enumerate(pages, 1)]
    # In its foot and in the box at the end.
    wanted += [(len(pages) + 1, last, disclaimer, 2)]
    wanted += [
        (len(pages) + 1, last, said, 1) for said in (copy.words.imprint, copy.words.postal_address) if said
    ]
    for number, page, words, often in wanted:
        if legible.times(words, page) < often:
            what = f"page {number} does not legibly say: {words}"
            raise SourceError([Mistake(Where(name), what, "Leave the foot of the pages to the program.")])
