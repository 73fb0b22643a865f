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
_SAYS_NOT_OFFICIAL = re.compile(
    r"(?:\bnot|\bnor|\bisn[’']t)"
    r"(?: (?:in any way|in any sense|part of|a part of|be|been|being|to be|meant|intended|approved|agreed|"
    r"formal|taken|treated|read|seen|regarded|understood|considered|as|for|the|a|an|minutes|transcript|and|or)){0,6}"
    r" (?:the|an|any) official record\b"
)
"""With nothing between that could turn it: "not only that but the official record" says the contrary."""
_TURNED = re.compile(
    r"\b(?:not (?:true|right|correct|so|the case|only|just|merely|say|deny|doubt|think|believe)|untrue|false|"
    r"wrong|mistaken?|nobody|no one|never|den(?:y|ies)|doubt|pretend|myth|rumou?r|if|unless|until|other than|"
    r"nothing but)\b[^.;!?]*$"
)
"""Before it in its sentence, this turns "not the official record" round."""
_ASSERTS_OFFICIAL = re.compile(
    r"\b(?:is|are|be|becomes?|but|and|as|also|it,|indeed,?) (?:also |indeed |in fact |really |now )?"
    r"(?:the|an|my|our) official record\b"
)
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
    if not lacking and (_DENIES_PERSONAL.search(said) or not _says_not_official(said)):
        return ("not the official record",)
    return lacking


def _says_not_official(said: str) -> bool:
    """Whether it says so, in plain words, and nowhere the contrary."""
    found = list(_SAYS_NOT_OFFICIAL.finditer(said))
    if not found or any(_TURNED.search(said, 0, match.start()) for match in found):
        return False
    return not _ASSERTS_OFFICIAL.search(_SAYS_NOT_OFFICIAL.sub("", said))


def html_piece(wording: str) -> str:
    """One paragraph that holds the wording and nothing else."""
    return f'<p class="{CLASS}" style="{_STYLE}">{escape(_one_line(wording), quote=False)}</p>'


def text_piece(wording: str) -> str:
    """Whole lines of at most 76 columns, without the last line end."""
    return "\n".join(wrap(_one_line(wording), TEXT_WIDTH, break_long_words=False, break_on_hyphens=False))


def _one_line(wording: str) -> str:
    return " ".join(wording.split())
