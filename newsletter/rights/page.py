"""Everything that is held of one person, as a page that they can read.

Rule: one file, no script and nothing from elsewhere, and every value is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

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
    return environment.get_template(_PAGE).render(held=held, sender=sender, reply_to=reply_to)
