"""The themes of the example workspace, a look, and a report to render."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from lxml import etree

from newsletter import render
from newsletter.model import SIGN_UP, UNSUBSCRIBE, Edition, Meeting, Report, Theme
from newsletter.render import Look

TEMPLATES = Path(__file__).parents[2] / "templates"
SOURCES = {
    path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(TEMPLATES.rglob("*"))
    if path.is_file()
}
THEMES = render.theme_names(SOURCES)

LOOK = Look(
    sender_name="Maya Hollins",
    role="Member of the National Executive Committee",
    strapline="Plain notes from every meeting",
    reply_to="maya@hollins.example",
    imprint="Promoted by Maya Hollins, 14 Quarry Lane, Brinmouth.",
    privacy_url="https://hollins.example/privacy",
    site_url="https://hollins.example/nec",
    pages_url="https://hollins.example/nec",
    logo="https://hollins.example/logo.png",
)

PERSON = {
    "first_name": "Siân",
    "last_name": "O’Brien",
    "clp": "Hexley Central",
    SIGN_UP: "by website form on 3 March 2025",
    UNSUBSCRIBE: "https://hollins.example/u/abc?a=1&b=2",
}

BODY = """\
Dear {{ first_name | default("friend") }},

We met on *Tuesday* and talked until **five**. The [papers](https://papers.example.org/a?b=1&c=2) are out.

## Finance & “money”

- Income is down.
  - A legacy is late.
- Spending is down too.

> I would have paid on the spot.

| Motion | For | Against |
|---|---:|---:|
| To publish | 29 | 4 |

::: only secretaries
## Please do this

Write to me about {{ clp | default("your CLP") }}.
:::

## Next meeting

See [the form](https://forms.example.org/?clp={{ clp }}) or [write](mailto:maya@hollins.example).

## Keeping in touch

Goodbye.
"""


def report(body: str = BODY, **changes: object) -> Report:
    """A valid report with this body."""
    given: dict[str, object] = {
        "issue": "nec-2026-11-17",
        "has_id": True,
        "title": "Report of the NEC, 17 November 2026",
        "meeting": Meeting("National Executive Committee", date(2026, 11, 17), "ordinary"),
        "subject": "News for {{ first_name }}",
        "summary": ("The deficit has *halved*.", "Selections open in January."),
        "body": body,
    }
    return Report(**(given | changes))  # type: ignore[arg-type]  # a test may give what it likes


def rendered(
    body: str = BODY,
    *,
    theme: str = "report",
    sources: dict[str, str] | None = None,
    look: Look = LOOK,
    segment: str | None = "members",
    **changes: object,
) -> Edition:
    """An edition of a report made with some theme."""
    return render.edition(
        report(body, **changes), Theme(theme, SOURCES if sources is None else sources), look, segment=segment
    )


def document(html: str) -> Any:
    """Finished HTML, parsed; untyped, for the library's own types fit no use of it."""
    return etree.fromstring(html, etree.HTMLParser())


def edited(name: str, old: str, new: str) -> dict[str, str]:
    """The example themes with one file changed in one place."""
    assert old in SOURCES[name], f"{name} has changed: it no longer holds {old!r}"
    return {**SOURCES, name: SOURCES[name].replace(old, new, 1)}
