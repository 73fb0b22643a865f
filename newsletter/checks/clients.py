"""The rule about what mail programs cannot show, by the tests of caniemail.com.

Rule: only what breaks reading is looked for (text that is lost, hidden, or in the wrong place), where it is
used without condition. What a theme offers to better programs by `@media` is no fault, nor is what MJML writes
around every mail with a fallback of its own (`max-width`, `border-radius`, `overflow`): such features are not
in the table, so that a theme like those that come with the program raises nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal

from lxml import etree

from newsletter.checks.days import MONTHS
from newsletter.checks.page import Page, named
from newsletter.checks.places import in_mail
from newsletter.checks.rules import Evidence, Finding, Severity, rule

MOST_NAMED = 3
"""Clients that a message names before it counts the others."""
MOST_SHOWN = 60
"""Letters of a picture's address."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Something a mail can use: what caniemail.com calls it, how it is found, and what a reader loses."""

    slug: str
    kind: Literal["declaration", "selector", "tag", "attribute", "picture"]
    pattern: re.Pattern[str]
    """Of `name:value`, of a selector, of a tag's or attribute's name, or of a picture's address."""
    loses: str


def _features(kind: Any, loses: str, **patterns: str) -> tuple[Feature, ...]:
    return tuple(
        Feature(slug.replace("_", "-"), kind, re.compile(pattern, re.IGNORECASE), loses)
        for slug, pattern in patterns.items()
    )


FEATURES = (
    *_features(
        "declaration",
        "what should stand side by side stands one below the other",
        css_display_flex=r"display:(?:inline-)?flex",
        css_display_grid=r"display:(?:inline-)?grid",
        css_float=r"float:(?:left|right|inline-\w+)",
        css_column_count=r"columns?(?:-count|-width)?:(?!auto|1$)",
    ),
    *_features(
        "declaration",
        "what is moved stays where it was, or lies over the text",
        css_position=r"position:(?:absolute|fixed|sticky)",
        css_transform=r"transform:(?!none)",
        css_writing_mode=r"writing-mode:(?!horizontal-tb)",
        css_inset=r"inset(?:-\w+)*:",
    ),
    *_features(
        "declaration",
        "what is hidden is shown",
        css_visibility=r"visibility:(?:hidden|collapse)",
        css_clip_path=r"clip-path:(?!none)",
        css_opacity=r"opacity:0?\.?\d*$(?<!:1)",
    ),
    *_features(
        "declaration",
        "the size, colour or space is lost",
        css_unit_calc=r"[\w-]+:.*\bcalc\(",
        css_variables=r"[\w-]+:.*\bvar\(",
        css_unit_rem=r"[\w-]+:.*\d+rem\b",
        css_unit_ch=r"[\w-]+:.*\d+ch\b",
        css_unit_vw=r"(?:font-size|width|padding|margin)[\w-]*:.*\d+vw\b",
        css_function_clamp=r"[\w-]+:.*\bclamp\(",
        css_function_min=r"[\w-]+:.*(?<![\w-])min\(",
        css_function_max=r"[\w-]+:.*(?<![\w-])max\(",
        css_function_light_dark=r"[\w-]+:.*\blight-dark\(",
        css_modern_color=r"[\w-]+:.*\b(?:oklch|oklab|lab|lch|hwb|color-mix)\(",
        css_rgba=r"(?:color|background(?:-color)?):.*rgba\(",
        css_margin_inline_block=r"margin-(?:inline|block)(?:-\w+)?:",
        css_padding_inline_block=r"padding-(?:inline|block)(?:-\w+)?:",
        css_block_inline_size=r"(?:block|inline)-size:",
    ),
    *_features(
        "declaration",
        "light text that stands on it cannot be read",
        css_linear_gradient=r"background(?:-image)?:.*linear-gradient\(",
        css_radial_gradient=r"background(?:-image)?:.*radial-gradient\(",
        css_conic_gradient=r"background(?:-image)?:.*conic-gradient\(",
        css_background_image=r"background(?:-image)?:.*url\(",
    ),
    *_features(
        "declaration",
        "the picture is squeezed, or larger than the page",
        css_object_fit=r"object-fit:(?!fill)",
        css_aspect_ratio=r"aspect-ratio:(?!auto)",
    ),
    *_features(
        "declaration", "what appears by moving never appears", css_animation=r"animation(?:-name)?:(?!none)"
    ),
    *_features(
        "selector",
        "the words that the style adds are missing",
        css_pseudo_element_before=r"::?before",
        css_pseudo_element_after=r"::?after",
    ),
    *_features(
        "selector",
        "what should open stays shut",
        css_pseudo_class_checked=r":checked",
        css_pseudo_class_target=r":target",
    ),
    *_features(
        "tag",
        "it is not shown",
        html_picture="picture",
        html_svg="svg",
        html_video="video",
        html_audio="audio",
        html_object="object",
        html_dialog="dialog",
        html_meter="meter",
        html_progress="progress",
        html_marquee="marquee",
        html_ruby="ruby",
        html_select="select",
        html_textarea="textarea",
        html_form="form",
    ),
    *_features("attribute", "what is hidden is shown", html_hidden="hidden", html_popover="popover"),
    *_features(
        "picture",
        "the picture is not shown",
        image_svg=r"[^?#]*\.svgz?(?:[?#].*)?$",
        image_webp=r"[^?#]*\.webp(?:[?#].*)?$",
        image_avif=r"[^?#]*\.avif(?:[?#].*)?$",
        image_heif=r"[^?#]*\.hei[cf](?:[?#].*)?$",
        image_tiff=r"[^?#]*\.tiff?(?:[?#].*)?$",
        image_ico=r"[^?#]*\.ico(?:[?#].*)?$",
        image_base64=r"data:",
    ),
)


@dataclass(frozen=True, slots=True)
class Support:
    """What the tests found: feature → when it was tested, and a letter for each client."""

    dated: date
    clients: tuple[str, ...]
    features: dict[str, tuple[str, str]]

    def lacking(self, slug: str) -> tuple[str, ...]:
        """The clients that cannot show a feature."""
        letters = self.features[slug][1]
        return tuple(client for client, letter in zip(self.clients, letters, strict=True) if letter == "n")

    def tested(self, slug: str) -> str:
        """When, as people say it: “May 2026”."""
        year, month = self.features[slug][0].split("-")[:2]
        return f"{MONTHS[int(month) - 1]} {year}"


@cache
def support() -> Support:
    """The table beside this file, which docs/make_client_support.py makes."""
    text = (resources.files("newsletter.checks") / "client_support.json").read_text(encoding="utf-8")
    held = json.loads(text)
    return Support(
        date.fromisoformat(held["dated"]),
        tuple(held["clients"]),
        {slug: (tested, letters) for slug, (tested, letters) in held["features"].items()},
    )


@rule("M01", Severity.WARNING)
def what_mail_programs_cannot_show(evidence: Evidence) -> Iterator[Finding]:
    """What it does: looks for HTML, CSS and picture formats that widely used mail programs lack and that break
    reading, by the tests of caniemail.com; each finding says when that was tested.

    Why it matters: in those programs text is lost, hidden or in the wrong place, and you will not see it in
    yours.
    Example: `display: grid` in a theme, a `.webp` picture in a report.
    Instead: let MJML make columns, and use JPEG, PNG or GIF.
    """
    told: set[str] = set()
    for name, page in evidence.pages.items():
        for feature, used, place in _used(page):
            lacking = support().lacking(feature.slug)
            if lacking and feature.slug not in told:
                told.add(feature.slug)
                yield Finding(_message(feature, used, lacking), in_mail(name, place))


def _message(feature: Feature, used: str, lacking: tuple[str, ...]) -> str:
    named_ones = ", ".join(lacking[:MOST_NAMED])
    others = len(lacking) - MOST_NAMED
    clients = f"{named_ones} and {others} more" if others > 0 else named_ones
    tested = support().tested(feature.slug)
    return f"“{used}” does nothing in {clients} (tested {tested}): {feature.loses}"


def _used(page: Page) -> Iterator[tuple[Feature, str, str]]:
    """Each feature that the mail uses: what is written, and where."""
    for element, declarations in page.styled():
        for declaration in declarations:
            for feature in _of_declaration(f"{declaration.name}:{declaration.value}"):
                yield feature, f"{declaration.name}: {declaration.value}", named(element)
    for held in page.rules:
        if held.conditions or "data-ogs" in held.selector:
            continue
        for feature in _matching("selector", held.selector, whole=False):
            yield feature, held.selector, f"the rule for {held.selector}"
        for declaration in held.declarations:
            for feature in _of_declaration(f"{declaration.name}:{declaration.value}"):
                yield feature, f"{declaration.name}: {declaration.value}", f"the rule for {held.selector}"
    yield from _used_in_tags(page)


def _used_in_tags(page: Page) -> Iterator[tuple[Feature, str, str]]:
    for element in page.root.iter(etree.Element):
        for feature in _matching("tag", element.tag):
            yield feature, f"<{element.tag}>", named(element)
        for attribute in element.attrib:
            for feature in _matching("attribute", attribute):
                yield feature, attribute, named(element)
        if element.tag == "img":
            address = element.get("src", "")
            for feature in _matching("picture", address):
                yield feature, address[:MOST_SHOWN], f"the picture “{element.get('alt', '')}”"


@cache
def _of_declaration(written: str) -> tuple[Feature, ...]:
    return _matching("declaration", written)


@cache
def _matching(kind: str, text: str, *, whole: bool = True) -> tuple[Feature, ...]:
    return tuple(
        feature
        for feature in FEATURES
        if feature.kind == kind and (feature.pattern.match(text) if whole else feature.pattern.search(text))
    )
