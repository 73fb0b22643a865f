"""The disclaimer: its wording, and the two pieces that code, not a theme, puts into every message.

Rule: the wording is the author's, but it says that this is a personal account and not the official record.
The HTML piece brings its own colours and size, so that it can be read wherever a theme places it.
"""

from __future__ import annotations

import re
from html import escape
from textwrap import wrap

DEFAULT_WORDING = (
    "This is my personal account of the meeting, written from my own notes. It is not the official record, "
    "it has not been approved by anyone else, and the views in it are mine."
)

TEXT_WIDTH = 76

_MUST_SAY = {
    "personal account": re.compile(r"\bpersonal account\b"),
    "not": re.compile(r"\bnot\b"),
    "official record": re.compile(r"\bofficial record\b"),
}
_SAYS_NOT_OFFICIAL = re.compile(r"\b(?:not|neither|nor)\b[^.;!?]*\bofficial record\b")
_DENIES_PERSONAL = re.compile(r"\b(?:not|neither|nor)\b[^.,;:!?]*\bpersonal account\b")

_STYLE = (
    "margin:0;padding:0;color:#222222;background-color:#ffffff;font-family:Arial,Helvetica,sans-serif;"
    "font-size:15px;font-weight:normal;line-height:1.5;letter-spacing:normal;text-align:left;text-indent:0;"
    "white-space:normal"
)
CLASS = "disclaimer"
"""The class of the HTML piece, by which a theme may repaint it for dark mode."""


def missing_words(wording: str) -> tuple[str, ...]:
    """What a wording of the disclaimer still has to say; empty when it may be used."""
    said = " ".join(wording.lower().split())
    lacking = tuple(words for words, pattern in _MUST_SAY.items() if not pattern.search(said))
    if not lacking and (_DENIES_PERSONAL.search(said) or not _SAYS_NOT_OFFICIAL.search(said)):
        return ("not the official record",)
    return lacking


def html_piece(wording: str) -> str:
    """One paragraph that holds the wording and nothing else."""
    return f'<p class="{CLASS}" style="{_STYLE}">{escape(_one_line(wording), quote=False)}</p>'


def text_piece(wording: str) -> str:
    """Whole lines of at most 76 columns, without the last line end."""
    return "\n".join(wrap(_one_line(wording), TEXT_WIDTH, break_long_words=False, break_on_hyphens=False))


def _one_line(wording: str) -> str:
    return " ".join(wording.split())
