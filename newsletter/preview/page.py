"""The page itself: hand-written HTML, CSS and JavaScript, as they stand in `page/`, with no build step.

Rule: nothing is fetched from anywhere. The scripts are joined in the order in which they are named here, and
share one scope of their own.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

_SCRIPTS = ("dom", "source", "frames", "reader", "mail", "people", "checks", "sending", "main")


@cache
def html() -> str:
    """The page, without what it shows."""
    return _file("page.html")


@cache
def css() -> str:
    """Its styles, light and dark."""
    return _file("page.css")


@cache
def script() -> str:
    """Its scripts as one, in one scope."""
    joined = "\n".join(_file(f"{name}.js") for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{joined}\n}})();\n'


def _file(name: str) -> str:
    return (resources.files("newsletter.preview") / "page" / name).read_text(encoding="utf-8")
