"""Runs of text as Markdown that reads back as the same words.

Rule: whatever the text holds, it comes out as text. Each line that is written is read by the program's own
parser and compared; emphasis that Markdown cannot say there is left out rather than shown as asterisks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import groupby
from urllib.parse import quote

from newsletter import markdown
from newsletter.documents.blocks import Run, Runs, merged, stripped, text_of
from newsletter.documents.comparison import plain
from newsletter.drafts.links import of_link

_ALWAYS = re.compile(r"[\\*`|\[\]]")
_LINE_START = re.compile(
    r"(?m)^(?:(?P<mark>#{1,6}(?=\s|$)|>|[-+](?=\s|$)|:{3,}|~{3,}|=+\s*$|-+\s*$)|(?P<number>\d{1,9})(?P<dot>[.)])(?=\s|$))"
)
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_FIELD = re.compile(r"\{(?=\{)|(?<=\{)\{")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”]+[^\s<>\"“”.,;:!?)\]’']")
_BARE = re.compile(r"[\w/.:%?&=#+,;@!~-]*[^\W_]/?")
"""What a web address may hold to be written as it is; any other stands in angle brackets."""
_HALF_LINK = re.compile(r"\]\(")
"""In a draft it is always a slip, so that text which holds it gets a space."""
_EDGE = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)
_NEVER = re.compile("a^")
_SAFE = "!#$%&'*+,/:;=?@~"

Emphasis = Callable[[str, Run], str]


def inline(runs: Runs) -> str:
    """Runs as Markdown; a line break in them becomes a hard break."""
    runs = _joined(
        merged(tuple(replace(run, italic=run.italic or run.underlined, underlined=False) for run in runs))
    )
    wanted = plain(_HALF_LINK.sub("] (", text_of(runs)))
    for emphasis in (_stars, _trimmed, _underscores, _bold_only, _none):
        text = _written(runs, emphasis, escaped)
        if plain(_read(text)) == wanted:
            return text
    return _written(runs, _none, _all_escaped)


def _read(text: str) -> str:
    """What a reader sees of some Markdown, as the program reads it. Fields stand for themselves."""
    return markdown.plain(markdown.parse_inline(text))


def escaped(text: str) -> str:
    """Text whose special signs mean nothing to Markdown nor to the merging of fields."""
    found, at = [], 0
    for address in _ADDRESS.finditer(text):
        found += [_escaped(text[at : address.start()]), _address(address[0])]
        at = address.end()
    return "".join([*found, _escaped(text[at:])])


def _escaped(text: str) -> str:
    text = _ALWAYS.sub(r"\\\g<0>", _HALF_LINK.sub("] (", text))
    for pattern in (_UNDERSCORE, _TAG, _ENTITY, _FIELD):
        text = pattern.sub(r"\\\g<0>", text)
    return text


def _all_escaped(text: str) -> str:
    return _PUNCTUATION.sub(r"\\\g<0>", _HALF_LINK.sub("] (", text))


def at_line_starts(text: str) -> str:
    """The same Markdown with nothing at the start of a line that would begin a block."""
    return _LINE_START.sub(
        lambda found: f"{found['number']}\\{found['dot']}" if found["number"] else f"\\{found['mark']}", text
    )


def _address(address: str) -> str:
    return address if _BARE.fullmatch(address) else f"<{target(address)}>"


def target(address: str) -> str:
    """A link's address as it may stand in Markdown."""
    return quote(address, safe=_SAFE) if re.search(r"[\s<>()\\{}\[\]|*_`\"]", address) else address


def usable(address: str) -> str | None:
    """A link's address as a mail can have it; None for one that leads nowhere from an inbox."""
    address = address.strip()
    if re.match(r"(?:www\.)[\w-]+\.", address, re.IGNORECASE):
        address = f"https://{address}"
    if re.fullmatch(r"[^\s@:/]+@[^\s@/]+\.\w+", address):
        address = f"mailto:{address}"
    if address.startswith("#") or of_link(address, _NEVER):
        return None
    return address


def _joined(runs: Runs) -> Runs:
    """White space between two runs of one style takes that style, so that one pair of stars does."""
    found: list[Run] = []
    for index, run in enumerate(runs):
        after = runs[index + 1] if index + 1 < len(runs) else None
        if found and after is not None and not run.text.strip() and run.link is None and "\n" not in run.text:
            before = found[-1]
            if (before.bold, before.italic, before.link) == (
                after.bold,
                after.italic,
                after.link,
            ) and before.link is None:
                found.append(replace(before, text=run.text))
                continue
        found.append(run)
    return merged(tuple(found))


def _written(runs: Runs, emphasis: Emphasis, escape: Callable[[str], str]) -> str:
    shown: list[str] = []
    for link, group in groupby(runs, key=lambda run: run.link):
        held = tuple(group)
        leads_to = usable(link) if link else None
        text = text_of(held)
        if leads_to is None or not text.strip():
            shown.append("".join(_styled(held, emphasis, escape)))
        elif text.strip() == leads_to and _BARE.fullmatch(leads_to):
            shown.append(text.replace(text.strip(), leads_to))
        else:
            before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
            inside = "".join(_styled(_trimmed_runs(held), emphasis, lambda each: _escaped(each)))  # noqa: PLW0108
            shown.append(f"{before}[{inside}]({target(leads_to)}){after}")
    return "".join(shown).replace("\n", "\\\n")


def _trimmed_runs(runs: Runs) -> Runs:
    return tuple(replace(run, text=run.text.replace("\n", " ")) for run in stripped(runs))


def _styled(runs: Runs, emphasis: Emphasis, escape: Callable[[str], str]) -> Iterator[str]:
    for run in runs:
        core = run.text.strip()
        if not core or not (run.bold or run.italic):
            yield escape(run.text)
            continue
        before, after = run.text[: len(run.text) - len(run.text.lstrip())], run.text[len(run.text.rstrip()) :]
        # No emphasis runs over a line break: each line has its own.
        lines = [emphasis(escape(line.strip()), run) if line.strip() else "" for line in core.split("\n")]
        yield before + "\n".join(lines) + after


def _stars(text: str, run: Run) -> str:
    mark = "*" * (2 * run.bold + run.italic)
    return f"{mark}{text}{mark}"


def _trimmed(text: str, run: Run) -> str:
    """With punctuation at the edges left outside, where it would keep the stars from being read."""
    edges = _EDGE.match(text)
    if edges is None or not edges[2] or "\\" in edges[1] + edges[3] or "<" in text:
        return text
    mark = "*" * (2 * run.bold + run.italic)
    return f"{edges[1]}{mark}{edges[2]}{mark}{edges[3]}"


def _underscores(text: str, run: Run) -> str:
    bold, italic = "**" * run.bold, "_" * run.italic
    return f"{bold}{italic}{text}{italic}{bold}"


def _bold_only(text: str, run: Run) -> str:
    return f"**{text}**" if run.bold else text


def _none(text: str, run: Run) -> str:  # noqa: ARG001 - as the others
    return text
