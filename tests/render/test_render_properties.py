"""Whatever a draft says: the promises hold, and nothing of it is lost."""

from __future__ import annotations

import re
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import SourceError
from newsletter.model import Edition
from newsletter.render import fill
from tests.render.samples import PERSON, THEMES, document, rendered

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.from_regex(r"[a-zà-ÿ]{3,9}", fullmatch=True)
LINES = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
LINKS = st.tuples(LINES, WORDS).map(
    lambda pair: f"[{pair[0]}](https://{_ascii(pair[1])}.example.org/a?b=1&c=2)"
)
FIELDS = st.sampled_from(['{{ first_name | default("friend") }}', "{{ clp }}", '{{ last_name | default("") }}'])
TEXTS = st.lists(
    st.one_of(LINES, LINES.map(lambda line: f"**{line}**"), LINKS, FIELDS), min_size=1, max_size=3
).map(" ".join)
BULLETS = st.lists(TEXTS, min_size=1, max_size=4).map(lambda items: "\n".join(f"- {item}" for item in items))
NESTED = st.tuples(TEXTS, TEXTS).map(lambda pair: f"- {pair[0]}\n  - {pair[1]}")
TABLES = st.tuples(WORDS, WORDS, TEXTS, WORDS).map(
    lambda c: f"| {c[0]} | {c[1]} |\n|---|--:|\n| {c[2]} | {c[3]} |"
)
BLOCKS = st.one_of(
    TEXTS,
    BULLETS,
    NESTED,
    TABLES,
    TEXTS.map(lambda text: f"> {text}"),
    LINES.map(lambda line: f"## {line}"),
    LINES.map(lambda line: f"### {line}"),
    TEXTS.map(lambda text: f"::: only members\n{text}\n:::"),
)
BODIES = st.lists(BLOCKS, min_size=1, max_size=8).map("\n\n".join)


def _ascii(word: str) -> str:
    return "".join(sign for sign in word if sign.isascii()) or "www"


def words_of(text: str) -> list[str]:
    """The words of a draft or of a part, without any of their signs."""
    return re.findall(r"[a-zà-ÿ]{3,9}", text)


def stand_in_order(expected: list[str], found: list[str]) -> bool:
    """Whether the one is in the other, in order, with whatever else between."""
    rest = iter(found)
    return all(word in rest for word in expected)


def assert_promises(edition: Edition) -> None:
    """What holds of every edition."""
    html, text = fill(edition.html, PERSON), fill(edition.text, PERSON)
    assert html.count(edition.disclaimer_html) == 1
    assert edition.disclaimer_text in text
    assert not re.search(r"z[b-t]{11}[0-9]{4}", html + text)
    assert len(re.findall(r"<!doctype", html, re.IGNORECASE)) == 1
    assert "<mj-" not in html
    assert any(sign > "\xff" for static in edition.text.statics for sign in static)


@given(BODIES, st.sampled_from(THEMES))
@SLOW
def test_every_word_bullet_and_link_is_in_both_parts_in_order(body: str, theme: str) -> None:
    """With the merge fields filled in."""
    edition = rendered(body, theme=theme, summary=())
    assert_promises(edition)
    root = document(fill(edition.html, PERSON))
    text = fill(edition.text, PERSON)

    without_fields = re.sub(r"\{\{.*?\}\}|\(https:[^)]*\)|::: only members", " ", body)
    expected = words_of(without_fields)
    assert stand_in_order(expected, words_of(" ".join(root.find("body").itertext())))
    assert stand_in_order(expected, words_of(text))

    links = re.findall(r"\((https:[^)]*)\)", body)
    assert stand_in_order(links, [link.get("href") for link in root.iter("a")])
    assert all(f"] {link}\n" in text for link in links)

    bullets = re.findall(r"^ *- (.*)$", body, re.MULTILINE)
    assert len(root.findall(".//li")) == len(bullets)
    assert len(re.findall(r"^ *• ", text.split("Links\n-----")[0], re.MULTILINE)) >= len(bullets)


@given(st.text(max_size=300), st.sampled_from(THEMES), st.sampled_from(["members", None]))
@SLOW
def test_anything_at_all_makes_an_edition_or_a_clear_error(body: str, theme: str, segment: str | None) -> None:
    """No other error comes out, whatever goes in."""
    with suppress(SourceError):
        assert_promises(rendered(body, theme=theme, segment=segment))


@given(
    st.lists(
        st.sampled_from([*"#*_[]()<>|-:`!&'\"\\\n\t 1a", "{{ clp }}", "::: ", "https://x.example/"]),
        max_size=60,
    )
)
@SLOW
def test_no_heap_of_markup_does_harm(signs: list[str]) -> None:
    """Markdown gone wrong is still text."""
    with suppress(SourceError):
        assert_promises(rendered("".join(signs)))


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
@SLOW
def test_no_value_of_a_person_changes_the_document(first: str, last: str, clp: str) -> None:
    """The tags are those of anybody's copy, and so is the number of lines of the text part."""
    edition = rendered()
    person = PERSON | {"first_name": first, "last_name": last, "clp": clp}
    tags = [element.tag for element in document(fill(edition.html, person)).iter()]
    assert tags == [element.tag for element in document(fill(edition.html, PERSON)).iter()]
    assert len(fill(edition.text, person).split("\n")) == len(fill(edition.text, PERSON).split("\n"))
