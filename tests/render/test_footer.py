"""Who is behind a mail, why somebody gets it and how to leave: no theme can drop or hide it."""

from __future__ import annotations

import pytest

from newsletter.errors import SourceError
from newsletter.render import Look, fill
from tests.render.samples import LOOK, PERSON, edited, rendered

FOOTER, HEAD, PROSE = "parts/footer.mjml", "parts/head.mjml", "parts/prose.css"
ADDRESSED = Look(
    **{name: getattr(LOOK, name) for name in LOOK.__slots__} | {"postal_address": "PO Box 12, Brinmouth"}
)
IMPRINT, ADDRESS = "<p>{{ words.imprint }}</p>", "<p>{{ words.postal_address }}</p>"
WHY, LINK = "{{ words.why }}", ">Unsubscribe</a>"


def ruled(css: str) -> tuple[str, str, str]:
    """One more rule in the style sheet."""
    return HEAD, "      @media print {", f"      {css}\n      @media print {{"


def boxed(style: str) -> tuple[str, str, str]:
    """The imprint in a box with a style."""
    return FOOTER, IMPRINT, f'<div style="{style}">{{{{ words.imprint }}}}</div>'


CASES = {
    "no imprint": ((FOOTER, IMPRINT, ""), "leaves out the imprint: write {{ words.imprint }}"),
    "no postal address": ((FOOTER, ADDRESS, ""), "leaves out the postal address"),
    "no reason": ((FOOTER, WHY, "."), "leaves out why somebody gets this"),
    "a link without words": ((FOOTER, LINK, "></a>"), "leaves out the words of the unsubscribe link"),
    "a link of blanks": ((FOOTER, LINK, ">&#8203; &#160;.</a>"), "the words of the unsubscribe link"),
    "the imprint in a comment": ((FOOTER, IMPRINT, "<!-- {{ words.imprint }} -->"), "leaves out the imprint"),
    "the imprint as alt text": (
        (FOOTER, IMPRINT, '<img src="data:," alt="{{ words.imprint }}" />'),
        "leaves out the imprint",
    ),
    "the imprint not for Outlook": (
        (FOOTER, IMPRINT, "<!--[if !mso]><!--><p>{{ words.imprint }}</p><!--<![endif]-->"),
        "the imprint: it stands in a branch",
    ),
    "the imprint for a closed box": (boxed("display:none"), "miss the imprint: display:none"),
    "the imprint in a sliver": (boxed("max-width:3px"), "miss the imprint: max-width:3px"),
    "the imprint at no size": (boxed("font-size:1px"), "miss the imprint: its letters are smaller"),
    "the imprint white on white": (boxed("color:#ffffff"), "can hardly be read"),
    "the imprint see-through": (boxed("color:transparent"), "cannot be judged"),
    "the imprint struck out": ((FOOTER, IMPRINT, "<p><s>{{ words.imprint }}</s></p>"), "stands inside <s>"),
    "the link marked hidden": ((FOOTER, LINK, " hidden='hidden'>Unsubscribe</a>"), "marked as hidden"),
    "everything hidden by prose.css": ((PROSE, ".quiet p {", ".quiet p { display: none;"), "display:none"),
    "the link hidden by a rule": (ruled(".quiet a { display: none; }"), "unsubscribe link: display:none"),
    "the link white by a rule": (ruled(".quiet a { color: #f4f2ee !important; }"), "can hardly be read"),
    "the link tiny on phones": (
        ruled("@media (max-width: 479px) { .quiet a { font-size: 2px !important; } }"),
        "its letters are smaller",
    ),
}


@pytest.mark.parametrize(("change", "said"), CASES.values(), ids=CASES.keys())
def test_a_theme_that_hides_what_a_footer_must_say_makes_no_edition(
    change: tuple[str, str, str], said: str
) -> None:
    """What is missing, or what hides it, is named."""
    with pytest.raises(SourceError) as caught:
        rendered(sources=edited(*change), look=ADDRESSED)
    assert said in str(caught.value)
    assert str(caught.value).startswith("templates/report/theme.mjml: this theme cannot make a mail: ")


@pytest.mark.parametrize(
    "change",
    [
        boxed("color:#333333;font-size:12px;padding:4px"),
        (FOOTER, IMPRINT, "<ul><li><em>{{ words.imprint }}</em></li></ul>"),
        (
            FOOTER,
            IMPRINT,
            '<table><tr><td width="50%">x</td><td width="50%">{{ words.imprint }}</td></tr></table>',
        ),
        (FOOTER, LINK, "><strong>Leave</strong></a>"),
    ],
)
def test_a_theme_may_lay_a_footer_out_as_it_likes(change: tuple[str, str, str]) -> None:
    """Only what hides is refused."""
    edition = rendered(sources=edited(*change), look=ADDRESSED)
    assert LOOK.imprint in fill(edition.html, PERSON)


def test_what_the_settings_leave_empty_need_not_stand_there(theme: str) -> None:
    """No imprint, no address, and in nobody's copy neither a reason nor a link."""
    look = Look(sender_name="Ann")
    edition = rendered("Hello.", theme=theme, look=look, segment=None, subject="A", summary=())
    assert "Unsubscribe" not in fill(edition.html, {})
