"""Plain text in columns: how wide it is, where it may be broken, and how a table fits a page.

Rule: a word is never cut, so a web address stays whole; only scripts written without spaces break between
signs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

Width = Callable[[str], int]
"""How many columns a text takes; the text part measures merge fields by their defaults."""

_NARROWEST = 12
_GAP = "  "


def columns(text: str) -> int:
    """The columns a text takes in a terminal: two for wide East Asian signs, none for marks on others."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, page: int, width: Width) -> list[str]:
    """The text in lines of at most `page` columns, where its words allow it. Line ends in it are kept."""
    return [line for given in text.split("\n") for line in _wrap_line(given, page, width)]


def _wrap_line(text: str, page: int, width: Width) -> list[str]:
    lines, line, taken = [], "", 0
    for blank, atom in _atoms(text):
        size = width(atom)
        if line and taken + len(blank) + size > page:
            lines.append(line)
            line, taken = atom, size
        else:
            line, taken = (line + blank + atom, taken + len(blank) + size) if line else (atom, size)
    return [*lines, line]


def _atoms(text: str) -> list[tuple[str, str]]:
    """Each unbreakable stretch with the blank before it, which is dropped where a line ends."""
    atoms: list[tuple[str, str]] = []
    for word in text.split(" "):
        if not word:
            continue
        for index, part in enumerate(_breakable(word)):
            atoms.append(("" if index else " ", part))
    return atoms


def _breakable(word: str) -> list[str]:
    """A word cut before each wide sign that may start a line: letters may, closing punctuation may not."""
    if word.isascii():
        return [word]
    parts = [""]
    for character in word:
        wide = unicodedata.east_asian_width(character) in "WF" and unicodedata.category(character) == "Lo"
        if wide and parts[-1]:
            parts.append("")
        parts[-1] += character
    return parts


def table(rows: Sequence[Sequence[str]], right: Sequence[bool], page: int, width: Width) -> list[str]:
    """Aligned rows, the first of them the header; a table that does not fit becomes a list of its rows."""
    widths = [max(width(row[i]) for row in rows) for i in range(len(right))]
    spare = page - len(_GAP) * (len(widths) - 1)
    while sum(widths) > spare and max(widths) > _NARROWEST:
        widest = widths.index(max(widths))
        widths[widest] -= min(sum(widths) - spare, widths[widest] - _NARROWEST)
    wrapped = [[wrap(cell, size, width) for cell, size in zip(row, widths, strict=True)] for row in rows]
    if sum(widths) > spare or any(sum(len(cell) > 1 for cell in row) > 1 for row in wrapped):
        return _listed(rows, page, width)
    head, *body = [_row(row, widths, right, width) for row in wrapped]
    rule = _GAP.join("-" * size for size in widths)
    return [*head, rule, *(line for lines in body for line in lines)]


def _row(
    cells: Sequence[Sequence[str]], widths: Sequence[int], right: Sequence[bool], width: Width
) -> list[str]:
    """A row whose words stand in order: what follows a cell of several lines stands beside its last."""
    height = max(map(len, cells))
    tallest = next(index for index, cell in enumerate(cells) if len(cell) == height)
    lines = []
    for number in range(height):
        parts = [
            cell[number]
            if index == tallest
            else cell[0]
            if number == (0 if index < tallest else height - 1)
            else ""
            for index, cell in enumerate(cells)
        ]
        padded = [
            _pad(part, size, width, to_right=to_right)
            for part, size, to_right in zip(parts, widths, right, strict=True)
        ]
        lines.append(_GAP.join(padded).rstrip(" "))
    return lines


def _pad(text: str, size: int, width: Width, *, to_right: bool) -> str:
    blank = " " * max(0, size - width(text))
    return blank + text if to_right else text + blank


def _listed(rows: Sequence[Sequence[str]], page: int, width: Width) -> list[str]:
    """Each row as lines of "header: cell", an empty line between rows."""
    header, *body = rows
    lines = wrap(" / ".join(cell for cell in header if cell), page, width) if not body else []
    for row in body:
        lines += [""] if lines else []
        for name, cell in zip(header, row, strict=True):
            lines += wrap(f"{name}: {cell}" if name else cell, page, width)
    return lines
