"""Merge fields become tokens before anything else happens, and slots after everything else has.

Rule: a token is lower-case ASCII letters and digits of one width, with a nonce that occurs in nothing that is
rendered, so that Markdown, theme, MJML and inlining carry it unharmed. After the split none is left, and no
draft's field stands in a tag name, a style, a script, or a link's scheme or host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType

from newsletter.drafts import FIELD
from newsletter.model import SIGN_UP, UNSUBSCRIBE, Context, Pieces, Slot
from newsletter.render import markup
from newsletter.render.markup import Kind

Field = tuple[str, str | None]
"""A merge field's name and its default."""

SIGN_UP_DEFAULT = "how and when is not on record"
"""Stands after a dash: "you asked for my reports – how and when is not on record"."""

_OWN: tuple[Field, ...] = ((UNSUBSCRIBE, None), (SIGN_UP, SIGN_UP_DEFAULT))
_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
_NONCE_LETTERS = 11
_INDEX_DIGITS = 4
_LINKS = frozenset({"href", "src", "action", "background", "cite", "poster", "formaction"})
_BEFORE_A_LINKS_FIELD = re.compile(
    r"(?:https?://[^/?#\s\\]+[/?#]|mailto:[^@?\s]+@[^@?\s]+\?|tel:[^?\s]+\?|#).*", re.IGNORECASE
)


class Misplaced(ValueError):
    """A slot stands where no value may."""

    def __init__(self, field: str, place: str) -> None:
        super().__init__(f"{_shown(field)} stands in {place}")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one rendering, and the field that each stands for."""

    nonce: str
    fields: Mapping[str, Field]
    pattern: re.Pattern[str]

    @classmethod
    def of(cls, drafted: Iterable[str], others: Iterable[str]) -> Tokens:
        """Tokens for the merge fields of the drafted texts; `others` is whatever else is rendered with them."""
        drafted = tuple(drafted)
        nonce = _nonce("\0".join((*drafted, *others)))
        found = (_field(match) for text in drafted for match in FIELD.finditer(text))
        named = dict.fromkeys((*_OWN, *found))
        fields = {f"{nonce}{index:0{_INDEX_DIGITS}d}": field for index, field in enumerate(named)}
        return cls(nonce, MappingProxyType(fields), re.compile(f"{nonce}[0-9]{{{_INDEX_DIGITS}}}"))

    def put(self, text: str) -> str:
        """The text with each merge field replaced by its token."""
        tokens = {field: token for token, field in self.fields.items()}
        return FIELD.sub(lambda match: tokens[_field(match)], text)

    @property
    def unsubscribe(self) -> str:
        return f"{self.nonce}{0:0{_INDEX_DIGITS}d}"

    @property
    def sign_up(self) -> str:
        return f"{self.nonce}{1:0{_INDEX_DIGITS}d}"

    @property
    def disclaimer(self) -> str:
        """Marks the place a theme gives the disclaimer; never a slot."""
        return f"{self.nonce}here"

    def with_defaults(self, text: str) -> str:
        """The text as it reads for someone of whom nothing is known; for measuring."""
        if self.nonce not in text:
            return text
        return self.pattern.sub(lambda match: self.fields[match[0]][1] or "", text)

    # Splitting

    def split_line(self, text: str) -> Pieces:
        """A header's text."""
        return self._cut(text, {})

    def split_text(self, text: str) -> Pieces:
        """The text part, where a field after `://` and before the next blank belongs to a link."""
        places = {match.start(): self._place_in_text(text, match) for match in self.pattern.finditer(text)}
        return self._cut(text, places)

    def split_html(self, html: str) -> Pieces:
        """The HTML part. Raises `Misplaced` for a slot where no value may stand."""
        return self._cut(html, dict(self._places(html, Context.HTML, 0)))

    def _cut(self, text: str, places: Mapping[int, Context]) -> Pieces:
        statics, slots, done = [], [], 0
        for match in self.pattern.finditer(text):
            field, default = self.fields[match[0]]
            statics.append(text[done : match.start()])
            slots.append(Slot(field, default, places.get(match.start(), Context.HEADER)))
            done = match.end()
        pieces = Pieces((*statics, text[done:]), tuple(slots))
        assert not any(self.nonce in static for static in pieces.statics), "a token was mangled"
        return pieces

    def _place_in_text(self, text: str, match: re.Match[str]) -> Context:
        before = re.split(r"[\s<>]", text[: match.start()])[-1]
        field = self.fields[match[0]][0]
        if field != UNSUBSCRIBE and _BEFORE_A_LINKS_FIELD.search(before):
            return Context.TEXT_URL
        return Context.TEXT

    def _places(self, html: str, context: Context, offset: int) -> Iterator[tuple[int, Context]]:
        """The place of each token; inside a comment all text is escaped as an attribute is."""
        for part in markup.parts(html):
            held = html[part.start : part.end]
            if self.nonce not in held:
                continue
            match part.kind:
                case Kind.TEXT:
                    yield from ((offset + part.start + m.start(), context) for m in self.pattern.finditer(held))
                case Kind.TAG:
                    yield from self._places_in_tag(html, part, offset)
                case Kind.COMMENT:
                    yield from self._places_in_comment(html, part, offset)
                case Kind.RAW:
                    raise self._misplaced(held, "a style or a script")

    def _places_in_comment(self, html: str, part: markup.Part, offset: int) -> Iterator[tuple[int, Context]]:
        opening = html.find(">", part.start) + 1 if html.startswith("<!--[if", part.start) else part.start + 4
        closing = part.end - len("-->")
        yield from self._places(html[opening:closing], Context.ATTRIBUTE, offset + opening)

    def _places_in_tag(self, html: str, part: markup.Part, offset: int) -> Iterator[tuple[int, Context]]:
        places = {
            match.start(): self._place_in_attribute(html, attribute, match)
            for attribute in markup.attributes(html, part)
            for match in self.pattern.finditer(html, attribute.start, attribute.end)
        }
        for match in self.pattern.finditer(html, part.start, part.end):
            if match.start() not in places:
                raise self._misplaced(match[0], "the name of a tag or an attribute")
            yield offset + match.start(), places[match.start()]

    def _place_in_attribute(self, html: str, attribute: markup.Attribute, match: re.Match[str]) -> Context:
        field = self.fields[match[0]][0]
        before = html[attribute.start : match.start()]
        if not attribute.quoted or attribute.name == "style" or attribute.name.startswith("on"):
            raise self._misplaced(match[0], f"the attribute {attribute.name}")
        if field == UNSUBSCRIBE:
            if attribute.name != "href" or before or match.end() != attribute.end:
                raise self._misplaced(match[0], "a part of a link: it is the whole of one")
            return Context.ATTRIBUTE
        if attribute.name not in _LINKS:
            return Context.ATTRIBUTE
        if not _BEFORE_A_LINKS_FIELD.fullmatch(before):
            raise self._misplaced(match[0], "the scheme or the host of a link")
        return Context.URL

    def _misplaced(self, held: str, place: str) -> Misplaced:
        found = self.pattern.search(held)
        return Misplaced(self.fields[found[0]][0] if found else "a field", place)


def _field(match: re.Match[str]) -> Field:
    return match["name"], match["default"]


def _nonce(content: str) -> str:
    """Letters that start with a z and hold no other, so that two neighbours cannot make a third between
    them.
    """
    digest = sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    lowered = content.lower()
    while (nonce := "z" + digest[:_NONCE_LETTERS].translate(_LETTERS)) in lowered:
        digest = sha256(digest.encode()).hexdigest()
    return nonce


def _shown(field: str) -> str:
    names = {UNSUBSCRIBE: "the unsubscribe link", SIGN_UP: "the sign-up note"}
    return names.get(field, f"the field '{field}'")
