"""The document and the draft, word by word.

Rule: every word of the document stands in the draft, in order, or a step has said why not. The words are taken
from the document and from the parsed draft anew; nothing here trusts what lies between them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple
from unicodedata import category, normalize

_UNSEEN = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffc\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ue000-\uf8ff]"
)
_SINGLE = re.compile("[‘’‚‛′´`]")
_DOUBLE = re.compile("[“”„‟″]|''")
_DASHES = re.compile("[\u2010-\u2015\u2212-]+")
_BRACKETS = re.compile(r"[\[\]]")
"""They part words, since the call of a footnote is written in them."""
_EDGES = "\"'.,;:!?(){}<>*_~\\/|-=+#^`•·‣◦▪▫●○■□◆◇►▶▸➢➣➤➔✓✔✗☑☐❖∙⁃★☆→⇒»"
"""What may stand before or after a word and belongs to none."""
_TOGETHER = 5
"""Words in a row that stand in both texts once, by which the texts are laid side by side."""
_LARGEST = 1_500
"""Words between two such places; where more differ, all of them do."""
_AROUND = 4


class Word(NamedTuple):
    """A word of a text, and where it stands."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Words that stand in one text and not in the other, and that no step explains."""

    words: str
    place: str
    after: str
    """The words before them."""

    def __str__(self) -> str:
        return f"{self.place}: “{self.words}”" + (f" after “{self.after}”" if self.after else "")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the words."""

    in_document: int
    in_draft: int
    explained: int
    """Words taken out or altered on purpose."""
    lost: tuple[Difference, ...]
    added: tuple[Difference, ...]


def plain(text: str) -> str:
    """A text as it is compared: one kind of quote and dash, no invisible characters, single spaces."""
    # An accent that stands alone would be taken apart into a space and a mark.
    text = _UNSEEN.sub("", normalize("NFKC", _SINGLE.sub("'", text)))
    text = _DASHES.sub("-", _DOUBLE.sub('"', _SINGLE.sub("'", text)))
    return " ".join(text.split())


def words_of(text: str) -> Iterator[str]:
    """The words of a text: what has no letter, digit, currency or pictograph in it is none."""
    for piece in _BRACKETS.sub(" ", plain(text)).split():
        if any(category(character)[0] in "LN" or category(character) in {"Sc", "So"} for character in piece):
            yield piece.strip(_EDGES) or piece


def placed(texts: Iterable[tuple[str, str]]) -> list[Word]:
    """The words of several texts, each a place and what stands there."""
    return [Word(word, place) for place, text in texts for word in words_of(text)]


def compare(
    document: Sequence[Word], draft: Sequence[Word], explained: Iterable[tuple[str, str]]
) -> Comparison:
    """Find what differs. `explained` are texts as they were and as they are, from those who altered them."""
    taken, put = _credits(explained)
    hunks = list(_hunks([word.text for word in document], [word.text for word in draft]))
    lost = _unexplained(document, [(low, high) for low, high, _, _ in hunks], taken)
    added = _unexplained(draft, [(low, high) for _, _, low, high in hunks], put)
    differing = sum(high - low for low, high, _, _ in hunks)
    missing = sum(len(each.words.split()) for each in lost)
    return Comparison(len(document), len(draft), differing - missing, tuple(lost), tuple(added))


def _credits(explained: Iterable[tuple[str, str]]) -> tuple[Counter[str], Counter[str]]:
    taken: Counter[str] = Counter()
    put: Counter[str] = Counter()
    for before, after in explained:
        old, new = Counter(words_of(before)), Counter(words_of(after))
        taken += old - new
        put += new - old
    return taken, put


def _unexplained(
    words: Sequence[Word], hunks: Sequence[tuple[int, int]], credit: Counter[str]
) -> list[Difference]:
    """The words of the hunks that no credit covers. Hunks that are covered whole go first."""
    whole = [hunk for hunk in hunks if not Counter(word.text for word in words[slice(*hunk)]) - credit]
    left: list[tuple[int, int]] = []
    for low, high in sorted(whole, key=lambda hunk: hunk[0] - hunk[1]):
        wanted = Counter(word.text for word in words[low:high])
        if wanted - credit:
            left.append((low, high))
        else:
            credit = credit - wanted
    left += [hunk for hunk in hunks if hunk not in whole]
    found: list[Difference] = []
    for low, high in sorted(left):
        found += _of_hunk(words, low, high, credit)
    return found


def _of_hunk(words: Sequence[Word], low: int, high: int, credit: Counter[str]) -> Iterator[Difference]:
    missing: list[int] = []
    for index in range(low, high):
        if credit[words[index].text] > 0:
            credit[words[index].text] -= 1
        else:
            missing.append(index)
    while missing:
        first = missing[0]
        run = [index for at, index in enumerate(missing) if index == first + at]
        del missing[: len(run)]
        text = " ".join(words[index].text for index in run)
        yield Difference(
            text, words[first].place, " ".join(word.text for word in words[max(first - _AROUND, 0) : first])
        )


# Laying two texts side by side

_Hunk = tuple[int, int, int, int]


def _hunks(one: Sequence[str], other: Sequence[str]) -> Iterator[_Hunk]:
    """Where two sequences differ: from, to in the one; from, to in the other."""
    at_one = at_other = 0
    for low, below in [*_anchors(one, other), (len(one), len(other))]:
        yield from _between(one, other, (at_one, low, at_other, below))
        at_one, at_other = low, below


def _anchors(one: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Places that surely belong together, in order in both (patience diff)."""
    first, second = _once(one), _once(other)
    pairs = sorted((at, second[key]) for key, at in first.items() if key in second)
    return _rising(pairs)


def _once(words: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Each row of words that stands in a text once → where."""
    rows = [tuple(words[at : at + _TOGETHER]) for at in range(len(words) - _TOGETHER + 1)]
    counts = Counter(rows)
    return {row: at for at, row in enumerate(rows) if counts[row] == 1}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest choice of pairs whose second numbers rise too."""
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for index, (_, value) in enumerate(pairs):
        at = bisect_left(ends, value)
        before.append(tops[at - 1] if at else -1)
        ends[at : at + 1] = [value]
        tops[at : at + 1] = [index]
    chosen: list[tuple[int, int]] = []
    index = tops[-1] if tops else -1
    while index >= 0:
        chosen.append(pairs[index])
        index = before[index]
    return chosen[::-1]


def _between(one: Sequence[str], other: Sequence[str], hunk: _Hunk) -> Iterator[_Hunk]:
    low, high, below, above = hunk
    while low < high and below < above and one[low] == other[below]:
        low, below = low + 1, below + 1
    while low < high and below < above and one[high - 1] == other[above - 1]:
        high, above = high - 1, above - 1
    if low == high and below == above:
        return
    if low == high or below == above or max(high - low, above - below) > _LARGEST:
        yield low, high, below, above
        return
    matcher = SequenceMatcher(None, one[low:high], other[below:above], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield low + i1, low + i2, below + j1, below + j2
