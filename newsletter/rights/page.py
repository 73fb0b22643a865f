"""Everything that is held of one person, as a page that they can read.

Rule: one file, no script and nothing from elsewhere, and every value is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

from newsletter.audience.consent import in_words
from newsletter.model import SIGN_UP

_PAGE = "page.html"


def as_page(held: Mapping[str, Any], *, sender: str, reply_to: str) -> str:
    """The page. `held` is what `everything` gives; questions go to `reply_to`."""
    source = resources.files("newsletter.rights").joinpath(_PAGE).read_text(encoding="utf-8")
    environment = Environment(
        loader=DictLoader({_PAGE: source}),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"day": _day, "moment": _moment, "given": _given, "shown": _shown}
    return environment.get_template(_PAGE).render(held=held, sender=sender, reply_to=reply_to)


def _day(moment: str) -> str:
    return in_words(datetime.fromisoformat(moment).date())


def _moment(moment: str | None) -> str | None:
    """A time as people write it."""
    return None if moment is None else f"{_day(moment)}, {moment[11:16]}"


def _shown(merged: Mapping[str, Any]) -> dict[str, Any]:
    """Merged values under names for people."""
    return {"how you joined" if name == SIGN_UP else name: value for name, value in merged.items()}


def _given(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in given.items())
