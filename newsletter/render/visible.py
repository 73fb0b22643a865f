"""Whether a person sees the disclaimer: the finished HTML, judged as the strictest of mail readers shows it.

Rule: in doubt it is not seen. Around the disclaimer a theme may say what is known to leave it readable, and
nothing else; whatever cannot be understood is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from newsletter.render import allowed, colour, hiding, layers, markup, outline, sight
from newsletter.render.css import Declaration
from newsletter.render.outline import Element
from newsletter.render.sight import NotSeen, Reaching, Sight

CLIP_BYTES = 102_000
"""Gmail shows about this much of the HTML and cuts the rest."""

LEAST_FONT_PX = 11.0
_LEAST_ROOM_PX = 160.0
_PHONE_PX = 360.0
_MOST_CONDITIONS = 6

SHOWN_TAGS = markup.names(
    "html body div main article section header footer aside center table tbody thead tfoot tr td th p"
)
_ATTRIBUTES = markup.names(
    "align aria-label aria-roledescription bgcolor border cellpadding cellspacing class colspan dir id lang "
    "role style title valign vertical-align width xml:lang xmlns xmlns:o xmlns:v xmlns:w"
)
_SIMPLE_SCHEME = re.compile(r"@media (?:(?:only )?(?:screen|all) and )?\(prefers-color-scheme: (dark|light)\)")
_COLOUR_NAMES = frozenset({"color", "background", "background-color", "font-size", "line-height"})


class TooLong(NotSeen):
    """The mail is so long that Gmail would cut the disclaimer off."""

    def __init__(self, end_bytes: int) -> None:
        super().__init__(f"it ends {end_bytes:,} bytes into the HTML and Gmail cuts a mail at {CLIP_BYTES:,}")
        self.end_bytes = end_bytes


def check(html: str, piece: str, *, is_mail: bool = True) -> None:
    """Raise `NotSeen` unless `piece`, whole and once, can be read in the finished HTML; nobody cuts a page."""
    start = _place(html, piece)
    end = len(html[: start + len(piece)].encode())
    if is_mail and end >= CLIP_BYTES:
        raise TooLong(end)
    for view in (html, outline.as_outlook_reads(html)):
        _check_view(view, piece, for_outlook=view is not html)


def _place(html: str, piece: str) -> int:
    """Where the piece stands in the open: not in a comment, a style, or a branch for some readers only."""
    if html.count(piece) != 1:
        raise NotSeen("it is not there" if piece not in html else "it stands there more than once")
    start = html.index(piece)
    if outline.is_held_back(html, start):
        raise NotSeen("it stands inside a comment, a style or a script")
    if not outline.is_for_all(html, start):
        raise NotSeen("it stands in a branch that only some mail readers show (<!--[if …]>)")
    return start


def _check_view(html: str, piece: str, *, for_outlook: bool) -> None:
    seen = sight.of(html)
    start = html.index(piece)
    own = next((element for element in seen.outline.elements if element.start == start), None)
    if own is None:
        raise NotSeen("the tags around it do not nest: it stands inside a tag or an attribute")
    chain = own.chain()
    doubtful = seen.only(lambda said: not allowed.around(said, ""))
    for element in chain:
        _check_element(element, for_outlook=for_outlook)
        _check_said(doubtful, element)
    _check_piece(seen.only(lambda said: not allowed.on_piece(said)), own)
    _check_pseudo(seen.only_pseudo(), chain)
    _check_room(seen.only(_takes_room), chain)
    _check_readable(own, list(seen.only(_is_colour).reaching(own)))
    layers.check(seen.outline, for_outlook=for_outlook)


# What holds it


def _check_element(element: Element, *, for_outlook: bool) -> None:
    tag, parent = element.tag, element.parent
    if tag not in SHOWN_TAGS or (parent and parent.tag == "p"):
        around = tag if tag not in SHOWN_TAGS else "p"
        raise NotSeen(f"it stands inside <{around}>; put it straight into an mj-text")
    if "hidden" in element.attributes or element.attributes.get("aria-hidden", "").lower() == "true":
        raise NotSeen(f"<{tag}> around it is marked as hidden")
    is_loose_row = for_outlook and tag == "tr" and parent is not None and parent.tag == "table"
    if parent and not is_loose_row and not outline.may_stand_in(tag, parent.tag):
        raise NotSeen(f"<{tag}> around it stands directly inside <{parent.tag}>; write table, tbody, tr, td")
    for name, value in element.attributes.items():
        _check_attribute(tag, name, value)
    if tag == "table":
        _check_alone(element)


def _check_attribute(tag: str, name: str, value: str) -> None:
    if name == "width":
        size = hiding.px(value)
        fits = size is not None and allowed.LEAST_WIDTH_PX <= size <= allowed.MOST_WIDTH_PX
        if value not in {"100%", "auto"} and not fits:
            raise NotSeen(f'<{tag} width="{value}"> around it leaves it no room; write 100%')
    elif name == "role":
        if value not in {"", "none", "presentation", "article", "main", "contentinfo"}:
            raise NotSeen(f'<{tag} role="{value}"> around it could hide it; leave the role out')
    elif name in {"border", "cellpadding", "cellspacing"} and (hiding.px(value or "0") or 0) != 0:
        raise NotSeen(f'<{tag} {name}="{value}"> around it: write 0, and padding or border in a style')
    elif name not in _ATTRIBUTES and not name.startswith("data-"):
        raise NotSeen(f"<{tag} {name}=…> around it could hide it; leave {name} out")


def _check_alone(table: Element) -> None:
    """A second cell in any row makes a column of its own, and takes room."""
    rows = [row for part in table.children for row in ((part,) if part.tag == "tr" else part.children)]
    parts = {part.tag for part in table.children}
    if not parts <= {"tbody", "thead", "tfoot", "tr"} or any(len(row.children) > 1 for row in rows):
        raise NotSeen("it shares a table with other cells or columns; give it a section of its own")


# What is said of it


def _check_said(doubtful: Sight, element: Element) -> None:
    """Nothing is said, in its `style` or in a rule, that is not known to leave the disclaimer readable."""
    blocks = ((item.where, item.rule.declarations) for item in doubtful.reaching(element) if not item.pseudo)
    for where, block in ((f"on <{element.tag}>", element.declarations), *blocks):
        for said in block:
            if not allowed.around(said, element.tag):
                raise NotSeen(_could_hide(said, where))


def _check_piece(doubtful: Sight, own: Element) -> None:
    """Nor on its own element, for which its `style` is ours and rules are not."""
    for item in doubtful.reaching(own):
        for said in item.rule.declarations:
            if not item.pseudo and not allowed.on_piece(said):
                raise NotSeen(_could_hide(said, item.where))


def _could_hide(declaration: Declaration, where: str) -> str:
    said = f"{declaration.name}:{declaration.value} {where}"
    return f"{said} could hide it; leave {declaration.name} out there, or write a value that surely does not"


def _check_pseudo(seen: Sight, chain: Sequence[Element]) -> None:
    """Its first line or letter looks as the rest does, and nothing is said before or after it."""
    for item in (item for element in chain for item in seen.reaching(element) if item.pseudo):
        contents = [said.value for said in item.rule.declarations if said.name == "content"]
        is_empty = all(content in {"none", "normal"} for content in contents)
        if item.pseudo not in {"before", "after"} or not is_empty:
            raise NotSeen(f"the rule {item.where} could hide a part of it, or add to it; leave it out")


def _check_room(seen: Sight, chain: Sequence[Element]) -> None:
    """Even on a phone there is room left, whatever margins, paddings and borders are in force."""
    widths, taken = [_PHONE_PX], 0.0
    for element in chain:
        widest: dict[tuple[str, str], float] = {}
        for declaration in _said(seen, element):
            if declaration.name in {"width", "max-width"}:
                widths += filter(None, [allowed.px(declaration.value)])
            for kind, side, size in allowed.sides(declaration):
                widest[kind, side] = max(size, widest.get((kind, side), 0.0))
        taken += sum(widest.values())
    if min(widths) - taken < _LEAST_ROOM_PX:
        raise NotSeen(
            f"{taken:.0f} px of margins, paddings and borders beside it leave less than "
            f"{_LEAST_ROOM_PX:.0f} px of {min(widths):.0f}; write less around it"
        )


def _said(seen: Sight, element: Element) -> Iterator[Declaration]:
    yield from element.declarations
    for item in seen.reaching(element):
        if not item.pseudo:
            yield from item.rule.declarations


def _takes_room(declaration: Declaration) -> bool:
    return declaration.name in {"width", "max-width"} or any(True for _ in allowed.sides(declaration))


# Readable


def _check_readable(own: Element, reaching: Sequence[Reaching]) -> None:
    """In light, in dark, and in every other combination of conditions under which rules reach it."""
    for scene in scenes(reaching):
        where = f" under {' and '.join(scene)}" if scene else ""
        text = cascaded(own, reaching, scene, "color")
        ground = cascaded(own, reaching, scene, "background-color")
        painted, behind = colour.parse(text), colour.parse(ground)
        if painted is None or behind is None:
            raise NotSeen(f"its colours cannot be judged ({text} on {ground}){where}; write them as #rrggbb")
        ratio = colour.contrast(painted, behind)
        if ratio < colour.AA:
            raise NotSeen(
                f"{text} on {ground} has a contrast of {ratio:.1f}, and {colour.AA} is the least{where}"
            )
        size = allowed.px(cascaded(own, reaching, scene, "font-size"))
        if size is None or size < LEAST_FONT_PX:
            raise NotSeen(f"its letters are smaller than {LEAST_FONT_PX:.0f} px{where}")
        _check_line_height(cascaded(own, reaching, scene, "line-height"), size, where)


def _check_line_height(value: str, size: float, where: str) -> None:
    if value == "normal":
        return
    height = float(value) * size if hiding.is_number(value) else allowed.px(value) or 0.0
    if not size <= height <= 3 * size:
        raise NotSeen(f"its lines lie on each other, or far apart (line-height:{value}){where}")


def _is_colour(declaration: Declaration) -> bool:
    return declaration.name in _COLOUR_NAMES


def scenes(reaching: Sequence[Reaching]) -> Iterator[tuple[str, ...]]:
    """Every set of conditions that could hold at once; light and dark never do."""
    found = sorted({condition for item in reaching for condition in item.conditions})
    if len(found) > _MOST_CONDITIONS:
        raise NotSeen(
            f"its colours depend on more than {_MOST_CONDITIONS} conditions; write fewer rules for it"
        )
    for size in range(len(found) + 1):
        for scene in combinations(found, size):
            matched = map(_SIMPLE_SCHEME.fullmatch, scene)
            if len({scheme[1] for scheme in matched if scheme}) <= 1:
                yield scene


def cascaded(own: Element, reaching: Sequence[Reaching], scene: Sequence[str], name: str) -> str:
    """By importance, then `style` over rules, then specificity, then order; empty where nothing says it."""
    blocks = [
        (False, item.specificity, item.rule.declarations)
        for item in reaching
        if not item.pseudo and set(item.conditions) <= set(scene)
    ]
    ranked = [
        ((said.important, is_own, specificity), said.value)
        for is_own, specificity, block in (*blocks, (True, (0, 0, 0), own.declarations))
        for said in block
        if said.name == name or (name, said.name) == ("background-color", "background")
    ]
    return max(enumerate(ranked), key=lambda entry: (entry[1][0], entry[0]))[1][1] if ranked else ""
