"""Which lines of a document serve as headings, and by what they are known.

Rule: a heading stands above something and is no sentence; the weaker its sign, the more must agree around it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from enum import IntEnum
from itertools import pairwise

from newsletter.documents.blocks import Block, Kind, Role
from newsletter.documents.mending import lines, masthead, phrases, points, rows
from newsletter.documents.mending.marks import mark_of
from newsletter.documents.mending.numbers import NUMBERED
from newsletter.documents.mending.ornaments import SHOUTS
from newsletter.documents.mending.steps import Blocks

LARGER = 1.1
"""Letters so much larger than the text's are a heading's."""
_WORDS = 12
_PLAIN_WORDS = 12
_STYLED_WORDS = 24
"""A line in a heading's letters may fill two."""
_QUESTION_WORDS = 8
_SENTENCE_WORDS = 4
"""“Any other business.” is none."""
_CHARACTERS = 100
_LEAST_BELOW = 9
"""Words of a paragraph below a heading that nothing but its place shows, where it is no whole sentence."""
_LEAST_CAPITALS = 4
"""“NEC” is a word."""
_TAIL = 8
_NEVER_LAST = (".", ",", "-", "–", "—", "&")
_LETTERS = re.compile(r"[^\W\d_][\w’'-]+")
_SENTENCES = re.compile(r"[a-z]{3}[.!?] +[A-Z]")
_STOPPED = re.compile(r"[.!?:;…][\"'”’)]*$")
_FEW = 2


class Sign(IntEnum):
    """By what a heading is known, the surest last."""

    PLAIN = 0
    ANNOUNCING = 1
    """It ends in a colon or a semicolon."""
    NUMBERED = 2
    ITALIC = 3
    UNDERLINED = 4
    CAPITALS = 5
    DRESSED = 6
    """Between signs that somebody typed: “*** Finance ***”."""
    BOLD = 7
    LARGE = 8
    MARKED = 9
    """The document says so."""


_SET_APART = {Sign.UNDERLINED, Sign.BOLD, Sign.LARGE}
"""Signs of type, which nobody makes by chance."""


def signs(blocks: Blocks, body: float) -> dict[int, Sign]:
    """Every block that serves as a heading, by its place. `body` is the size of most letters."""
    found: dict[int, Sign] = {}
    for index in reversed(range(len(blocks))):
        sign = _sign(index, blocks, body, found.get(index + 1))
        if sign is not None:
            found[index] = sign
    found |= _days(blocks, body, found) | _sentences(blocks, body)
    closed = _close_sentences(blocks)
    found |= dict.fromkeys(closed - found.keys(), Sign.PLAIN) if len(closed) > max(_FEW, len(found)) else {}
    return _consistent(found, blocks)


def _sentences(blocks: Blocks, body: float) -> dict[int, Sign]:
    """Whole sentences in a heading's letters, where a document has hardly another kind of heading.

    A bold sentence among bold headings is a cry.
    """
    signs_of = [_shown(block, body) for block in blocks]
    shown = {
        index: sign
        for index, (sign, below) in enumerate(pairwise(signs_of))
        if sign is not None and sign in _SET_APART and below is None and _is_line(blocks[index])
    }
    found = {index: sign for index, sign in shown.items() if _is_sentence(blocks[index].words, ".")}
    return found if len(found) > _FEW and len(found) * 2 > len(shown) else {}


def _close_sentences(blocks: Blocks) -> set[int]:
    """Short sentences that stand nearer to the paragraph below than to what is above them."""
    return {
        index
        for index, (block, below) in enumerate(pairwise(blocks))
        if _is_line(block)
        and block.line
        and below.line
        and block.line.gap > lines.GAP >= below.line.gap
        and _is_sentence(block.words)
        and not _SENTENCES.search(block.words)
        and below.kind is Kind.PARAGRAPH
        and _STOPPED.search(below.text)
    }


def _is_sentence(text: str, ends: tuple[str, ...] | str = (".", ",")) -> bool:
    return text.strip().endswith(ends) and len(text.split()) > _SENTENCE_WORDS


def in_capitals(text: str) -> bool:
    """Whether a text is written in capitals."""
    letters = [character for character in text if character.isalpha()]
    return len(letters) >= _LEAST_CAPITALS and sum(map(str.isupper, letters)) >= len(letters) * 0.9


def is_labelled(text: str) -> bool:
    """Whether a text begins with a label: “(a) By-elections”."""
    mark = mark_of(text)
    return mark is not None and mark.kind == "label"


def _sign(index: int, blocks: Blocks, body: float, below: Sign | None) -> Sign | None:
    block = blocks[index]
    if block.kind is Kind.HEADING:
        return Sign.MARKED
    text = block.words
    words = _STYLED_WORDS if _shown(block, body) in _SET_APART else _WORDS
    if not _is_line(block, words) or not _can_begin(text) or index + 1 == len(blocks):
        return None
    following = blocks[index + 1]
    if following.kind is Kind.RULE or following.role is Role.NOTE or _in_tail(index, blocks):
        return None
    if phrases.is_role(text) or phrases.is_role(following.text):
        return None
    is_text = _is_prose(following) or _is_sentence(following.words, ".")
    if phrases.is_no_heading(text) and not (phrases.is_closing(text) and is_text):
        return None
    counted = Sign.NUMBERED if points.HEADS in block.done else None
    return _by_style(block, following, body) or counted or _by_words(index, blocks, below)


def _days(blocks: Blocks, body: float, found: Mapping[int, Sign]) -> dict[int, Sign]:
    """Dates alone above text or a heading, of which there are two: the report goes from day to day."""
    days = [
        index
        for index, (block, below) in enumerate(pairwise(blocks))
        if _is_line(block) and phrases.is_date(block.words) and (index + 1 in found or _is_above_text(below))
    ]
    return {index: _shown(blocks[index], body) or Sign.PLAIN for index in days} if len(days) >= _FEW else {}


def _is_line(block: Block, words: int = _WORDS) -> bool:
    """Whether a block is one short line of text that belongs to nothing else."""
    text = block.words
    is_taken = block.level or block.quoted or rows.STEP in block.done or masthead.SIGNS in block.done
    is_free = block.kind is Kind.PARAGRAPH and not is_taken
    return (
        is_free
        and block.role is Role.TEXT
        and "\n" not in text
        and 0 < len(text.split()) <= words
        and len(text) <= _CHARACTERS * words / _WORDS
    )


def _can_begin(text: str) -> bool:
    first = text.lstrip("“‘\"'(#")[:1]
    begins = first.isupper() or first.isdigit() or is_labelled(text)
    return begins and any(character.isalpha() for character in text)


def _in_tail(index: int, blocks: Blocks) -> bool:
    """Whether a block stands below the writer's good wishes, where there are names and addresses."""
    before = blocks[max(index - _TAIL, 0) : index]
    wished = any(phrases.is_closing(block.text) for block in before)
    return wished and not any(len(block.text.split()) > 2 * _WORDS for block in blocks[index : index + 3])


def _by_style(block: Block, following: Block, body: float) -> Sign | None:
    text = block.words.strip()
    if _is_sentence(text) or (text.endswith(":") and following.kind is Kind.POINT and phrases.leads_in(text)):
        return None
    return _shown(block, body)


def _shown(block: Block, body: float) -> Sign | None:
    """The style that sets a block apart from text."""
    text = block.words.strip()
    runs = [run for run in block.runs if run.text.strip()]
    if not runs:
        return None
    shown = {
        Sign.LARGE: bool(block.size and body and block.size >= body * LARGER),
        Sign.BOLD: all(run.bold for run in runs),
        Sign.DRESSED: SHOUTS in block.done,
        Sign.CAPITALS: in_capitals(text),
        Sign.UNDERLINED: all(run.underlined for run in runs),
        Sign.ITALIC: all(run.italic for run in runs) and not text.endswith((".", "!", "?")),
    }
    return next((sign for sign, is_so in shown.items() if is_so), None)


def _by_words(index: int, blocks: Blocks, below: Sign | None) -> Sign | None:
    """By the words alone and what stands around them."""
    text = blocks[index].words.strip()
    if text.endswith(".") and phrases.names_part(text[:-1]):
        text = text[:-1]
    words = text.split()
    if phrases.leads_on(text) or _SENTENCES.search(text):
        return None
    if text.endswith((":", ";")):
        return Sign.ANNOUNCING if _may_announce(index, blocks) else None
    if text.rstrip('"”’)').endswith(_NEVER_LAST) or (
        text.endswith(("?", "!")) and len(words) > _QUESTION_WORDS
    ):
        return None
    if len(words) > _PLAIN_WORDS:
        return None
    is_above_text = (
        _is_above_text(blocks[index + 1])
        if below is not Sign.PLAIN
        else phrases.names_part(text) or _begins_part(index, blocks)
    )
    stands = is_above_text or _is_above_others(index, blocks, below)
    if NUMBERED.match(text) or is_labelled(text):
        return Sign.NUMBERED if stands or NUMBERED.match(text) else None
    is_subtitle = index == 0 and phrases.without_dates(text) != text
    stands = stands and not is_subtitle and _ended(index, blocks) and not _is_one_of_many(index, blocks)
    return Sign.PLAIN if stands else None


def _is_above_others(index: int, blocks: Blocks, below: Sign | None) -> bool:
    """Whether a line stands above a heading, or an empty line above lines that belong together."""
    if below is not None and below >= Sign.NUMBERED:
        return True
    if all(phrases.is_date(block.text) for block in blocks[index + 1 : index + 3]):
        return True
    places = [block.line for block in blocks[index + 1 : index + 3]]
    if len(places) < _FEW or places[0] is None or places[1] is None:
        return False
    return places[0].gap > 1 >= places[1].gap and (below is not None or _is_line(blocks[index + 2]))


def _begins_part(index: int, blocks: Blocks) -> bool:
    """Whether a line above a heading stands right below text that is over, so that it heads more than one."""
    above = blocks[index - 1] if index else None
    return above is not None and (
        above.kind is Kind.POINT
        or (_is_sentence(above.words) or (_is_prose(above) and above.text.rstrip().endswith(("!", "?", ")"))))
    )


def _is_one_of_many(index: int, blocks: Blocks) -> bool:
    """Whether short lines without a full stop go before a line, so that it is the last of a list."""
    before = blocks[max(index - _FEW, 0) : index]
    alike = [_is_line(block) and not _STOPPED.search(block.text) for block in before]
    line, above = blocks[index].line, blocks[index - 1].line if index else None
    if line is not None and above is not None and line.gap > max(above.gap, 1):
        return False
    return all(alike) and len(alike) == _FEW if not _begins_part(index - 1, blocks) else False


def _is_prose(block: Block) -> bool:
    return block.kind is Kind.PARAGRAPH and len(block.text.split()) >= _LEAST_BELOW


def _is_above_text(below: Block) -> bool:
    if below.kind in {Kind.POINT, Kind.TABLE}:
        return True
    text = below.text.rstrip()
    is_text = len(text.split()) >= _LEAST_BELOW or text.endswith((".", "!", "?", ":"))
    return below.kind in {Kind.PARAGRAPH, Kind.HEADING} and is_text


def _ended(index: int, blocks: Blocks) -> bool:
    """Whether what stands above is over, so that this is no broken end of it."""
    above = blocks[index - 1] if index else None
    if above is None or above.kind is not Kind.PARAGRAPH:
        return True
    is_whole = above.line is not None and above.line.right > lines.NARROW_LETTERS
    return is_whole or len(above.text.split()) <= _WORDS or above.text.rstrip()[-1:] in ".!?:;…”\"')’"


def _may_announce(index: int, blocks: Blocks) -> bool:
    """Whether a line that ends in a colon is a heading, and does not only lead to the list below it."""
    text, below = blocks[index].text.strip(), blocks[index + 1]
    if phrases.leads_in(text) and not (below.kind is Kind.PARAGRAPH and phrases.asks(text)):
        return False
    if text.endswith(";"):
        around = [blocks[place].text.rstrip() for place in (index - 1, index + 1) if 0 <= place < len(blocks)]
        return phrases.names_part(text[:-1]) or not any(each.endswith(";") for each in around)
    if below.kind in {Kind.POINT, Kind.TABLE}:
        return phrases.is_name_of_section(text)
    return len(text.split()) <= _PLAIN_WORDS and _is_above_text(below) and _ended(index, blocks)


def _consistent(found: dict[int, Sign], blocks: Blocks) -> dict[int, Sign]:
    """Without the weak ones in a document that has better ways to show a heading."""
    counts = Counter(found.values())
    strong = sum(count for sign, count in counts.items() if sign >= Sign.UNDERLINED)
    writer = _writer(found, blocks)
    styled = sum(counts[sign] for sign in _SET_APART)
    marks_headings = counts[Sign.MARKED] >= _FEW
    return {
        index: sign
        for index, sign in found.items()
        if not (
            index == writer
            or (sign is Sign.ITALIC and strong < _FEW and counts[Sign.ITALIC] < _FEW)
            or (sign is Sign.PLAIN and (marks_headings or styled > _FEW))
            or (sign is Sign.ANNOUNCING and marks_headings and blocks[index + 1].kind is Kind.POINT)
        )
    }


def _writer(found: dict[int, Sign], blocks: Blocks) -> int | None:
    """The first line, where it is somebody's name and the headings are not written like one."""
    if found.get(0) is not Sign.PLAIN or not phrases.may_be_name(blocks[0].words):
        return None
    others = [blocks[index].words for index in found if index and " " in blocks[index].words.strip()]
    alike = [text for text in others if all(word[:1].isupper() for word in _LETTERS.findall(text))]
    return 0 if len(alike) * 2 < len(others) else None
