"""What CSS may say around the disclaimer, on it, and elsewhere in the mail.

Rule: what is not on a list is refused. There is no end to the ways of hiding a text, and few ways of setting
one. The disclaimer brings its own colours, font and lines, so what its surroundings say of these is free.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from newsletter.render import hiding, markup
from newsletter.render.css import Declaration
from newsletter.render.look import FONTS

LEAST_WIDTH_PX = 200.0
"""Of an element around it that has a width in px."""
MOST_WIDTH_PX = 800.0
_MOST_SPACE_PX = 100.0
_MOST_BORDER_PX = 20.0
_MOST_FONT_PX = 40.0
_MOST_FONT_ELSEWHERE_PX = 60.0
_LEAST_LINE_HEIGHT = 0.9
_TIGHTEST_PX = -2.0
_LEAST_SHARE = 0.2

Allowed = Callable[[str], bool]

_LENGTH = re.compile(r"(-?(?:\d+(?:\.\d+)?|\.\d+))(px|pt)|-?0")
_PX = {"px": 1.0, "pt": 4 / 3}
_BORDER_WIDTHS = {"thin": 1.0, "medium": 3.0, "thick": 5.0}
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_STARTS_WITH_DIGIT = re.compile(r"[-+.\d]")
_BACKWARDS = re.compile(r"(?<![\w.#-])-[.\d]|\b(?:calc|var|min|max|clamp|env|attr)\(")
_MEASURE = re.compile(r"\d(?:px|pt|r?em|ex|ch|%|v[wh]|cm|mm|in)|\bcalc\(|\bvar\(")

SIDES = ("left", "right")
_CSS_SIDES = ("top", "right", "bottom", "left")
_FONT_FAMILIES = frozenset(
    family.strip().strip("'\"").lower()
    for stack in (*FONTS.values(), "Arial,Helvetica,sans-serif,serif,system-ui")
    for family in stack.split(",")
)


def px(value: str) -> float | None:
    """A length in px or pt; None for any other, whose size depends on what is not known here."""
    found = _LENGTH.fullmatch(value)
    if found is None:
        return None
    return float(found[1]) * _PX[found[2]] if found[1] else 0.0


def _words(*allowed: str) -> Allowed:
    return frozenset(allowed).__contains__


def _lengths(most: float, *words: str) -> Allowed:
    def allowed(value: str) -> bool:
        sizes = [px(word) for word in value.split() if word not in words]
        return all(size is not None and 0 <= size <= most for size in sizes)

    return allowed


def _border(value: str) -> bool:
    """Any colour and style; no more than a narrow line."""
    plain = re.sub(r"rgba?\([\d,.% ]*\)", "", value)
    sizes = [px(word) for word in plain.split() if _STARTS_WITH_DIGIT.match(word)]
    return "(" not in plain and all(size is not None and 0 <= size <= _MOST_BORDER_PX for size in sizes)


def _width(value: str) -> bool:
    size = px(value)
    return value in {"auto", "none", "100%"} or (size is not None and LEAST_WIDTH_PX <= size <= MOST_WIDTH_PX)


def _footer_width(value: str) -> bool:
    share = hiding.number(value) if value.endswith("%") else 0.0
    return share >= _LEAST_SHARE or _width(value) or (px(value) or 0.0) >= hiding.LEAST_WIDTH_PX


def _line_height(value: str) -> bool:
    return value == "normal" or bool(_NUMBER.fullmatch(value)) or px(value) is not None


def _families(value: str) -> bool:
    return all(family.strip().strip("'\"") in _FONT_FAMILIES for family in value.split(","))


def _any(_value: str) -> bool:
    return True


def _each(names: str, allowed: Allowed) -> dict[str, Allowed]:
    return dict.fromkeys(names.split(), allowed)


_SPACE = _lengths(_MOST_SPACE_PX, "auto")
_EVERYWHERE: dict[str, Allowed] = {
    **_each("margin margin-top margin-right margin-bottom margin-left", _SPACE),
    **_each("padding padding-top padding-right padding-bottom padding-left", _lengths(_MOST_SPACE_PX)),
    **_each("mso-padding-alt mso-margin-top-alt mso-margin-bottom-alt", _lengths(_MOST_SPACE_PX)),
    **_each("mso-table-lspace mso-table-rspace border-spacing", _lengths(_MOST_BORDER_PX)),
    **_each("border border-top border-right border-bottom border-left", _border),
    **_each("border-width border-top-width border-right-width border-bottom-width border-left-width", _border),
    **_each("border-style border-top-style border-right-style border-bottom-style border-left-style", _any),
    **_each("border-color border-top-color border-right-color border-bottom-color border-left-color", _any),
    **_each("border-radius border-collapse empty-cells box-sizing clear cursor hyphens", _any),
    **_each("color-scheme supported-color-schemes text-rendering mso-line-height-rule", _any),
    **_each("-webkit-font-smoothing -moz-osx-font-smoothing -ms-interpolation-mode", _any),
    **_each("list-style list-style-type list-style-position orphans widows", _any),
    **_each("page-break-before page-break-after page-break-inside", _any),
    **_each("break-before break-after break-inside", _any),
    **_each("width max-width", _width),
    "min-width": _lengths(LEAST_WIDTH_PX, "auto", "100%"),
    **_each("height max-height", _words("auto", "none")),
    "min-height": _any,
    **_each("overflow overflow-x overflow-y", _words("visible")),
    "table-layout": _words("auto", "fixed"),
    "vertical-align": _words("top", "middle", "bottom", "baseline"),
    "display": _words("block", "inline-block"),
    "visibility": _words("visible"),
    "opacity": _words("1"),
    "position": _words("static", "relative"),
    "float": _words("none"),
    "direction": _words("ltr", "rtl"),
    "mso-hide": _words("none"),
    "font-style": _words("normal", "italic", "oblique"),
    **_each("text-decoration text-decoration-line", _words("none", "underline")),
    "text-transform": _words("none", "uppercase", "lowercase", "capitalize"),
    "text-wrap": _words("wrap", "balance", "pretty", "stable"),
    "word-spacing": _lengths(5, "normal"),
    **_each("word-break overflow-wrap word-wrap", _words("normal", "break-word", "break-all", "anywhere")),
    **_each("-webkit-text-size-adjust -ms-text-size-adjust text-size-adjust", _words("none", "auto", "100%")),
}
_AROUND = _EVERYWHERE | _each(
    "color background background-color font font-family font-size font-weight line-height letter-spacing "
    "text-align text-indent white-space",
    _any,
)
_ON_PIECE = _EVERYWHERE | {
    # Whether these can be read is worked out with all else that is said of them.
    **_each("color background background-color", _any),
    "font-family": _families,
    "font-size": _lengths(_MOST_FONT_PX),
    "font-weight": _words("normal", "bold", "400", "500", "600", "700"),
    "line-height": _line_height,
    "letter-spacing": _lengths(3, "normal"),
    "text-align": _words("left", "start", "center", "right", "justify"),
    "text-indent": _lengths(_MOST_FONT_PX),
    "white-space": _words("normal", "pre-line", "pre-wrap"),
}
_IN_FOOTER = _AROUND | {
    "display": _words("block", "inline-block", "inline", "list-item", "table", "inline-table", "table-cell"),
    **_each("width max-width", _footer_width),
    "vertical-align": _any,
    "text-indent": _lengths(_MOST_FONT_PX),
    "letter-spacing": _lengths(5, "normal"),
}
_OF_TABLES = {
    "table": "table",
    "tbody": "table-row-group",
    "thead": "table-header-group",
    "tfoot": "table-footer-group",
    "tr": "table-row",
    "td": "table-cell",
    "th": "table-cell",
}
_ELSEWHERE_FREE = markup.names(
    "background background-color background-image background-position background-repeat background-size "
    "box-sizing caption-side clear content cursor direction display empty-cells hyphens "
    "color color-scheme supported-color-schemes font font-family font-style font-variant font-weight "
    "list-style list-style-position list-style-type max-width min-height min-width opacity orphans "
    "overflow overflow-wrap overflow-x overflow-y quotes size tab-size table-layout "
    "text-align text-align-last text-overflow text-rendering text-size-adjust text-transform text-wrap "
    "unicode-bidi vertical-align visibility white-space widows width word-break word-spacing word-wrap "
    "-moz-osx-font-smoothing -ms-interpolation-mode -ms-text-size-adjust -webkit-font-smoothing "
    "-webkit-text-size-adjust animation animation-name transition v-text-anchor "
    "mso-border-alt mso-hide mso-line-height-rule mso-margin-bottom-alt mso-margin-top-alt "
    "mso-padding-alt mso-table-lspace mso-table-rspace "
    "align-content align-items align-self column-gap flex flex-basis flex-direction flex-grow flex-shrink "
    "flex-wrap gap grid-gap grid-template-columns justify-content order row-gap "
    "break-after break-before break-inside page-break-after page-break-before page-break-inside"
)
_ELSEWHERE: dict[str, Allowed] = {
    "position": _words("static", "relative"),
    "float": _words("none"),
    "outline": _words("none", "0", "0px"),
    "text-indent": lambda value: not _BACKWARDS.search(value),
    "letter-spacing": lambda value: min(hiding.sizes(value), default=0) >= _TIGHTEST_PX,
    **_each("text-decoration text-decoration-line", lambda value: not _MEASURE.search(value)),
    **_each("text-decoration-color text-decoration-style", _any),
    "font-size": lambda value: (hiding.px(value) or 0) <= _MOST_FONT_ELSEWHERE_PX,
    **_each("height max-height line-height", _any),
}


def around(declaration: Declaration, tag: str) -> bool:
    """Whether this may be said of an element that holds the disclaimer."""
    return _is_listed(_AROUND, declaration, tag)


def on_piece(declaration: Declaration) -> bool:
    """Whether this may be said of the disclaimer's own element."""
    return _is_listed(_ON_PIECE, declaration, "p")


def in_footer(declaration: Declaration, tag: str) -> bool:
    """Whether this may be said of an element that holds what else a footer has to say."""
    return _is_listed(_IN_FOOTER, declaration, tag)


def elsewhere(declaration: Declaration) -> bool:
    """Whether this, anywhere in the mail, lays nothing over something else; heights are another matter."""
    name, value, _ = declaration
    if name in _ELSEWHERE_FREE or name.startswith("--"):
        return True
    if name.startswith(("margin", "padding")):
        return not _BACKWARDS.search(value)
    if name.startswith("border"):
        return not name.startswith("border-image")
    allowed = _ELSEWHERE.get(name)
    return allowed is not None and allowed(value)


def is_low(line_height: str, font_px: float | None) -> bool:
    """Whether lines of this height lie on each other; with no known size of letters, those of a text."""
    if line_height in {"normal", "inherit"}:
        return False
    if _NUMBER.fullmatch(line_height):
        return float(line_height) < _LEAST_LINE_HEIGHT and font_px != 0
    if line_height.endswith("%"):
        return hiding.number(line_height) < _LEAST_LINE_HEIGHT and font_px != 0
    size = hiding.px(line_height)
    least = _LEAST_LINE_HEIGHT * (20 if font_px is None else font_px)
    return size is None or size < least


def sides(declaration: Declaration) -> Iterator[tuple[str, str, float]]:
    """What a declaration takes off the width: kind, side and px."""
    name, value, _ = declaration
    kind, _, rest = name.partition("-")
    if kind not in {"margin", "padding", "border"} or rest in {"top", "bottom", "radius", "spacing"}:
        return
    words = value.split()
    if kind == "border":
        taken = max((_BORDER_WIDTHS.get(word) or px(word) or 0.0 for word in words), default=0.0)
        yield from ((kind, side, taken) for side in SIDES if not rest.startswith(_CSS_SIDES) or side in rest)
    elif rest in SIDES:
        yield kind, rest, px(value) or 0.0
    elif words:
        right = words[1] if len(words) > 1 else words[0]
        left = words[3] if len(words) == len(_CSS_SIDES) else right
        yield kind, "left", px(left) or 0.0
        yield kind, "right", px(right) or 0.0


def _is_listed(listed: dict[str, Allowed], declaration: Declaration, tag: str) -> bool:
    name, value, _ = declaration
    if name.startswith("--"):
        return True
    if name == "display" and value == _OF_TABLES.get(tag):
        return True
    if name == "height" and value == "100%":
        return tag in {"html", "body"}
    allowed = listed.get(name)
    return allowed is not None and allowed(value)
