"""The picture that stands for a page where somebody posts its address (Open Graph)."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.publish import typesetting
from newsletter.publish.copy import PublicCopy
from newsletter.publish.typesetting import Job, Part
from newsletter.render.look import palette
from newsletter.render.words import unbroken

TEMPLATE = "print/card.typ"
WIDTH, HEIGHT = 1200, 630
NAME = "card.png"


def card(copy: PublicCopy, templates: Mapping[str, str], fonts: str | None = None) -> bytes:
    """A PNG, the same bytes for the same report."""
    values = {
        "title": unbroken(copy.content.title),
        "name": copy.look.sender_name,
        "role": copy.look.role,
        "disclaimer": copy.look.disclaimer,
        "accent": palette(copy.look).text,
        "lang": copy.lang.partition("-")[0],
    }
    source = Part(f"templates/{TEMPLATE}", templates[TEMPLATE])
    return typesetting.picture(Job(parts=[source], values=values, fonts=fonts))


def about(copy: PublicCopy) -> dict[str, object]:
    """What a page says of it: its name and size, and what it says for those who do not see it."""
    said = f"{copy.look.sender_name}: {copy.content.title}. {copy.look.disclaimer}"
    return {"name": NAME, "width": WIDTH, "height": HEIGHT, "words": said}
