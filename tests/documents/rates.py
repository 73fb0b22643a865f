"""How much of a report is recognised: the measure that the tests hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from newsletter import documents, markdown
from newsletter.documents import comparison, readers
from newsletter.drafts import Known, parse
from tests.documents.truth import Truth

KNOWN = Known(fields=frozenset({"first_name"}), segments=("members",), themes=("report",))
AUTHOR = documents.Author(name="Priya Osei-Lindqvist", role="Constituency representative")
TODAY = date(2027, 8, 1)


@dataclass(frozen=True, slots=True)
class Rate:
    """What was recognised of one report."""

    headings_missed: tuple[str, ...]
    headings_made: tuple[str, ...]
    points_missed: tuple[str, ...]
    points_made: tuple[str, ...]
    words_out_of_place: int
    of: int
    """Headings and points that there are."""

    @property
    def share(self) -> float:
        """Recognised, of all that there is or that was made of nothing."""
        wrong = sum(map(len, (self.headings_missed, self.headings_made, self.points_missed, self.points_made)))
        return 1 - wrong / self.of


def imported(name: str, data: bytes, author: documents.Author = AUTHOR) -> documents.Draft:
    """A document as a draft."""
    form = documents.recognised(data, name)
    document = readers.reader(form).read(data)
    return documents.draft_of(document, author, name=name, today=TODAY, segments=["members"])


def rate(truth: Truth, draft: documents.Draft) -> Rate:
    """Compare a draft with what was meant."""
    report = parse(draft.text.encode(), name="draft.md", known=KNOWN)
    headings, points, body = [], [], []
    depth = 0
    tokens = markdown.parse(report.body)
    for before, token in zip([None, *tokens], tokens, strict=False):
        depth += token.nesting * (token.type in {"list_item_open", "list_item_close"})
        if token.type != "inline":
            continue
        text = markdown.plain(token)
        body.append(text)
        if before is not None and before.type == "heading_open":
            headings.append(text)
        elif depth and before is not None and before.type == "paragraph_open":
            points.append(text)
    return Rate(
        headings_missed=tuple(_without(truth.headings, headings)),
        headings_made=tuple(_without(headings, truth.headings)),
        points_missed=tuple(_without(truth.points, points)),
        points_made=tuple(_without(points, truth.points)),
        words_out_of_place=_out_of_place(truth.body, body),
        of=len(truth.headings) + len(truth.points),
    )


def _key(text: str) -> str:
    return re.sub(r"\W+", "", comparison.plain(text)).lower()


def _without(texts: Iterable[str], others: Iterable[str]) -> list[str]:
    left = [_key(each) for each in others]
    found = []
    for text in texts:
        if _key(text) in left:
            left.remove(_key(text))
        else:
            found.append(text)
    return found


def _out_of_place(wanted: Iterable[str], found: Iterable[str]) -> int:
    one = comparison.placed(("", re.sub(r"(\d) (st|nd|rd|th)\b", r"\1\2", text.lower())) for text in wanted)
    other = comparison.placed(("", text.lower()) for text in found)
    said = comparison.compare(one, other, ())
    return sum(len(each.words.split()) for each in (*said.lost, *said.added))
