"""Public copies of the example reports, and of reports made for a test."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from newsletter.drafts import Known, parse
from newsletter.model import Report
from newsletter.publish import PublicCopy, public_copy
from newsletter.render import Look

ROOT = Path(__file__).parents[2]
EXAMPLES = ("2026-09-22-nec.yaml", "2026-11-17-nec.md")
KNOWN = Known(
    fields=frozenset({"email", "first_name", "last_name", "clp"}),
    segments=("clp-secretaries", "members", "secretaries"),
    themes=("report", "letter"),
)
LOOK = Look(
    sender_name="Maya Hollins",
    role="Member of the National Executive Committee",
    strapline="Plain notes from every meeting",
    reply_to="maya@hollins.example",
    imprint="Promoted by Maya Hollins, 14 Quarry Lane, Brinmouth.",
    postal_address="PO Box 12, Brinmouth",
    privacy_url="https://hollins.example/privacy",
    site_url="https://hollins.example",
    pages_url="https://hollins.example",
    paper="link",
)
TEMPLATES = {
    path.relative_to(ROOT / "templates").as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "templates").rglob("*"))
    if path.is_file()
}
BODY = """\
Dear {{ first_name | default("friend") }},

We met on *Tuesday* and talked until **five**. The [papers](https://papers.example.org/a?b=1&c=2) are out.

## Finance & “money”

- Income is down.
  - A legacy is late.

> I would have paid on the spot.

| Motion | For | Against |
|---|---:|---:|
| To publish | 29 | 4 |

::: only secretaries
## Please do this

Write to me about {{ clp }}.
:::

## Next meeting

See [the form](https://forms.example.org/?clp={{ clp | default("all of us") }}).

## Keeping in touch

Goodbye.
"""
FRONT = """\
---
id: nec-2026-11-17
title: Report of the NEC, 17 November 2026
meeting: {{body: National Executive Committee, date: 2026-11-17, kind: ordinary}}
{more}---
"""


def report(body: str = BODY, more: str = "") -> Report:
    """A report as a draft of this body gives it; `more` are lines of front matter."""
    return parse((FRONT.format(more=more) + body).encode(), name="drafts/report.md", known=KNOWN)


def copy(body: str = BODY, more: str = "", look: Look = LOOK) -> PublicCopy:
    return public_copy(report(body, more), look)


@cache
def example(name: str) -> PublicCopy:
    """One of the reports that come with the program."""
    data = (ROOT / "drafts" / name).read_bytes()
    return public_copy(parse(data, name=f"drafts/{name}", known=KNOWN), LOOK)
