"""Whether a selector of CSS reaches an element: no, yes, or in some readers.

Rule: in doubt it may. Readers wrap a mail in elements of their own, drop `html` and `body`, and set attributes,
so all that a selector asks of the elements around is a "may" at best.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from cssselect import SelectorError, parse
from cssselect.parser import (
    Attrib,
    Class,
    CombinedSelector,
    Hash,
    Matching,
    Negation,
    Pseudo,
    Selector,
    SpecificityAdjustment,
    Tree,
)
from cssselect.parser import Element as Tag

from newsletter.render import markup
from newsletter.render.outline import Element, Outline

DARK_OUTLOOK = re.compile(r"\[data-ogs[cb]\]")
_RELATIVE = ">+~ "
_OURS = markup.names(
    "align alt class dir height hidden href id lang role src style title type valign width "
    "x-apple-data-detectors"
)
"""Attributes that no reader adds: where they are not written they are not there."""


class Reach(IntEnum):
    """In the order in which the lesser of two holds for both of them together, and the greater for either."""

    NO = 0
    MAYBE = 1
    YES = 2


_COMPARED: dict[str, Callable[[str, str], bool]] = {
    "=": lambda held, asked: held == asked,
    "^=": lambda held, asked: held.startswith(asked),
    "$=": lambda held, asked: held.endswith(asked),
    "*=": lambda held, asked: asked in held,
    "~=": lambda held, asked: asked in held.split(),
    "|=": lambda held, asked: held == asked or held.startswith(f"{asked}-"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """The classes and ids that a document uses, in lower case; others may be those of a reader's own page."""

    held: frozenset[str]

    @classmethod
    def of(cls, outline: Outline) -> Names:
        classes = {word for item in outline.elements for word in item.attributes.get("class", "").split()}
        ids = {item.attributes["id"] for item in outline.elements if "id" in item.attributes}
        return cls(frozenset(name.lower() for name in classes | ids))


def alternatives(selector: str) -> list[str]:
    """The selectors of a list; a comma inside brackets is none."""
    parts, depth = [""], 0
    for sign in selector:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


@lru_cache(maxsize=512)
def parsed(selector: str) -> Selector | None:
    """One selector, without what Outlook's dark mode puts in front; None for what is not understood."""
    bare = DARK_OUTLOOK.sub("", selector).strip().lstrip(_RELATIVE) or "*"
    try:
        (found,) = parse(bare)
    except (SelectorError, ValueError):
        return None
    return found


def reach(tree: Tree, element: Element, names: Names) -> Reach:
    """Whether what a selector asks holds of an element."""
    match tree:
        case Tag():
            found = _says(tree.element is None or tree.element.lower() == element.tag)
            return found if tree.namespace is None else min(found, Reach.MAYBE)
        case CombinedSelector():
            return _combined(tree, element, names)
        case Class():
            said = _word(tree.class_name, element.attributes.get("class", "").split())
        case Hash():
            said = _word(tree.id, [element.attributes.get("id", "")])
        case Attrib():
            said = _attribute(tree, element)
        case Negation():
            said = Reach(Reach.YES - reach(tree.subselector, element, names))
        case Matching() | SpecificityAdjustment():
            said = max(reach(item, element, names) for item in tree.selector_list)
        case Pseudo() if tree.ident.lower() == "root":
            said = _says(element.parent is None)
        case _:
            said = Reach.MAYBE
    return min(said, reach(tree.selector, element, names))


def _says(holds: object) -> Reach:
    return Reach.YES if holds else Reach.NO


def _word(asked: str, held: list[str]) -> Reach:
    """Some readers heed the case of a name, and some do not."""
    if asked in held:
        return Reach.YES
    return Reach.MAYBE if asked.lower() in map(str.lower, held) else Reach.NO


def _attribute(tree: Attrib, element: Element) -> Reach:
    name = tree.attrib.lower()
    held = element.attributes.get(name)
    if held is None:
        return Reach.NO if name in _OURS else Reach.MAYBE
    if tree.operator == "exists":
        return Reach.YES
    compare = _COMPARED.get(tree.operator)
    asked = str(tree.value.value if tree.value else "").lower()
    return Reach.MAYBE if compare is None or compare(held.lower(), asked) else Reach.NO


def _combined(tree: CombinedSelector, element: Element, names: Names) -> Reach:
    subject = reach(tree.subselector, element, names)
    if subject is Reach.NO:
        return Reach.NO
    around = element.parent.chain() if element.parent else ()
    if tree.combinator == ">":
        around = around[:1]
    if tree.combinator in {" ", ">"}:
        held = any(reach(tree.selector, item, names) for item in around)
        is_outermost = tree.combinator == " " or not around or around[0].tag in {"html", "body"}
        held |= is_outermost and _is_foreign(tree.selector, names)
        return Reach.MAYBE if held else Reach.NO
    return Reach.MAYBE


def _is_foreign(tree: Tree, names: Names) -> bool:
    """Whether a selector names what the document does not have, and a reader's own page might."""
    match tree:
        case Tag():
            return tree.element is not None
        case CombinedSelector():
            return _is_foreign(tree.selector, names) or _is_foreign(tree.subselector, names)
        case Class():
            foreign = tree.class_name.lower() not in names.held
        case Hash():
            foreign = tree.id.lower() not in names.held
        case _:
            foreign = True
    return foreign or _is_foreign(tree.selector, names)
