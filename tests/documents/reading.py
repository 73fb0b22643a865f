"""What the tests of reading share: a document in, its draft's lines out, and the comparison held each time."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter import documents
from newsletter.documents import Comparison, Draft, readers
from newsletter.documents.formats import Format
from newsletter.drafts import parse
from tests.documents.rates import AUTHOR, KNOWN, TODAY


@dataclass(frozen=True, slots=True)
class Imported:
    """A draft, and how its words compare with the document's."""

    draft: Draft
    words: Comparison

    @property
    def body(self) -> str:
        """What stands below the front matter."""
        return self.draft.text.split("\n---\n", 1)[1].strip("\n")

    @property
    def left(self) -> dict[str, str]:
        """What was left out, by what it was."""
        return dict(self.draft.left)

    def looks(self, words: str) -> bool:
        """Whether a person is told to look at something that is called so."""
        return any(words in look.what for look in self.draft.looks)


def imported(data: bytes, name: str, *, form: Format | None = None, is_whole: bool = True) -> Imported:
    """Read a document. Unless told otherwise, every word must be in its place or accounted for."""
    form = form or documents.recognised(data, name)
    document = readers.reader(form).read(data)
    draft = documents.draft_of(document, AUTHOR, name=name, today=TODAY, segments=["members"])
    words = documents.compared(draft, lambda text: parse(text, name="draft.md", known=KNOWN))
    if is_whole:
        assert not words.lost, [*map(str, words.lost)]
        assert not words.added, [*map(str, words.added)]
    return Imported(draft, words)
