"""What a footer says beside the disclaimer, and whether a reader sees it.

Rule: who is behind a mail and how to leave it is not a theme's to hide. Each sentence stands in the open, once
at least, in letters that can be read on what is behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from newsletter.render import allowed, colour, hiding, markup, sight
from newsletter.render.css import Declaration
from newsletter.render.outline import Element, Text
from newsletter.render.sight import NotSeen, Reaching, Sight
from newsletter.render.visible import SHOWN_TAGS
from newsletter.render.words import Words

_LEAST_CONTRAST = 3.0
_LEAST_FONT_PX = 9.0
_TAGS = SHOWN_TAGS | markup.names(
    "a span b strong i em u small big font address ul ol li h2 h3 h4 h5 h6 blockquote bdi"
)


class _Wanted(NamedTuple):
    what: str
    words: str
    write: str


def faults(html: str, said: Words) -> Iterator[str]:
    """Each thing that a footer has to say and a reader could miss."""
    try:
        seen = sight.of(html).only(_matters)
    except NotSeen as error:
        yield f"the footer cannot be judged: {error}"
        return
    for wanted in _wanted(said):
        texts = [text for text in seen.outline.texts if _plain(wanted.words) in _plain(text.words)]
        yield from _of_texts(seen, texts, wanted)
    if said.unsubscribe_url:
        link = '<a href="{{ words.unsubscribe_url }}">Unsubscribe</a>'
        texts = [text for text in seen.outline.texts if _leads_to(text, said.unsubscribe_url)]
        yield from _of_texts(seen, texts, _Wanted("the words of the unsubscribe link", "", link))


def _wanted(said: Words) -> Iterable[_Wanted]:
    known = (
        _Wanted("why somebody gets this", said.why, "{{ words.why }}"),
        _Wanted("the imprint", said.imprint, "{{ words.imprint }}"),
        _Wanted("the postal address", said.postal_address, "{{ words.postal_address }}"),
    )
    return (wanted for wanted in known if wanted.words)


def _of_texts(seen: Sight, texts: Iterable[Text], wanted: _Wanted) -> Iterator[str]:
    """Nothing where one of the texts is seen."""
    reasons = [_hidden(seen, text) for text in texts]
    if not reasons:
        yield f"it leaves out {wanted.what}: write {wanted.write} in the footer"
    elif all(reasons):
        yield f"a reader could miss {wanted.what}: {reasons[0]}"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _leads_to(text: Text, address: str) -> bool:
    is_read = any(sign.isalnum() for sign in text.words)
    around = text.holder.chain() if text.holder else ()
    return is_read and any(item.tag == "a" and item.attributes.get("href") == address for item in around)


def _hidden(seen: Sight, text: Text) -> str:
    """Why a reader could miss a text; empty if none could."""
    if not text.for_all:
        return "it stands in a branch that only some mail readers show"
    chain = text.holder.chain() if text.holder else ()
    try:
        reached = [(item, [rule for rule in seen.reaching(item) if not rule.pseudo]) for item in chain]
    except NotSeen as error:
        return str(error)
    for element, rules in reached:
        reason = _hidden_by(element, rules)
        if reason:
            return reason
    return _unreadable(chain, [rule for _, rules in reached for rule in rules])


def _matters(declaration: Declaration) -> bool:
    return declaration.name in {"color", "font-size"} or not allowed.in_footer(declaration, "")


def _hidden_by(element: Element, rules: Iterable[Reaching]) -> str:
    tag = element.tag
    if tag not in _TAGS:
        return f"it stands inside <{tag}>"
    if "hidden" in element.attributes or element.attributes.get("aria-hidden", "").lower() == "true":
        return f"<{tag}> around it is marked as hidden"
    width = hiding.px(element.attributes.get("width", ""))
    if width is not None and width < hiding.LEAST_WIDTH_PX:
        return f'<{tag} width="{element.attributes["width"]}"> around it leaves it no room'
    blocks = ((f"on <{tag}>", element.declarations), *((item.where, item.rule.declarations) for item in rules))
    for where, block in blocks:
        for said in block:
            if not allowed.in_footer(said, tag):
                return f"{said.name}:{said.value} {where} could hide it; leave {said.name} out there"
    return ""


def _unreadable(chain: Iterable[Element], rules: Iterable[Reaching]) -> str:
    """Judged by the styles of the tags, and by the rules that are not for dark screens."""
    inks, grounds, sizes = [], [], []
    for element in chain:
        said = {item.name: item.value for item in element.declarations}
        inks += [said["color"]] if "color" in said else []
        grounds += [said.get("background-color") or said.get("background") or element.attributes.get("bgcolor")]
        sizes += [said["font-size"]] if "font-size" in said else []
    ground = next((item for item in grounds if item and item not in {"none", "transparent"}), "#ffffff")
    in_light = [item for item in rules if not any("dark" in condition for condition in item.conditions)]
    by_rule = [(said, item.where) for item in in_light for said in item.rule.declarations]
    inks_said = [(ink, "") for ink in inks[:1]]
    inks_said += [(said.value, f" {where}") for said, where in by_rule if said.name == "color"]
    sizes_said = [(size, "") for size in sizes[:1]]
    sizes_said += [(said.value, f" {where}") for said, where in by_rule if said.name == "font-size"]
    for size, where in sizes_said:
        if (hiding.px(size) or 0) < _LEAST_FONT_PX:
            return f"its letters are smaller than {_LEAST_FONT_PX:.0f} px{where}"
    for ink, where in inks_said:
        painted, behind = colour.parse(ink), colour.parse(ground)
        if painted is None or behind is None:
            return f"its colours cannot be judged ({ink} on {ground}){where}"
        if colour.contrast(painted, behind) < _LEAST_CONTRAST:
            return f"{ink} on {ground}{where} can hardly be read"
    return ""
