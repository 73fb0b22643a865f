"""The same views in one file that can be mailed to a colleague: nothing live, nobody's fields.

Rule: the file asks nothing of anybody. It holds each edition with its defaults, and of the people only numbers
and masked addresses. The writer's own addresses stand in it, as they stand in every mail, and so do those that
the draft itself tells.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape

from newsletter.preview import page, told
from newsletter.preview.copies import Copy
from newsletter.preview.desk import Desk, Opened
from newsletter.preview.people import Wanted
from newsletter.preview.views import Client, Look

_LESS_THAN = "\\u003c"
"""As JSON may write it."""


def export(desk: Desk) -> str:
    """The desk's mailing as one HTML document. Raises what reading or counting it raises."""
    desk.open()
    desk.weigh()
    desk.count()
    for trouble in (desk.trouble, desk.uncounted):
        if trouble is not None:
            raise trouble
    opened = desk.opened
    assert opened is not None
    data = json.dumps(_data(desk, opened), ensure_ascii=False, separators=(",", ":"))
    script = page.script()
    # No "<" in the data can then end the element, or begin a comment.
    held = f'<script type="application/json" id="data">{data.replace("<", _LESS_THAN)}</script>'
    policy = (
        f"default-src 'none'; script-src 'sha256-{_sha256(script)}'; style-src 'unsafe-inline'; img-src data:; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return (
        page.html()
        .replace("<title>Preview</title>", f"<title>{escape(opened.mailing.report.title)}</title>")
        .replace('<meta charset="utf-8">', _meta(policy))
        .replace('<link rel="stylesheet" href="page.css">', f"<style>{page.css()}</style>")
        .replace('<script src="page.js" defer></script>', "")
        .replace("</body>", f"{held}<script>{script}</script></body>")
    )


def _meta(policy: str) -> str:
    return f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'


def _data(desk: Desk, opened: Opened) -> told.Told:
    copies = {name or "": Copy(opened.mailing, name) for name in (*opened.mailing.segments, None)}
    return {
        "state": told.state(desk) | {"drafts": []},
        "copies": {name: told.copy(each) | {"source": told.source(each)} for name, each in copies.items()},
        "mails": {name: _mails(each) for name, each in copies.items()},
        "people": _people(desk),
        "files": _files(desk, opened),
    }


def _mails(copy: Copy) -> dict[str, str]:
    """The HTML by client and look. Neither Outlook nor Gmail heeds the mail's own dark styles."""
    views = [
        (Client.ANY, Look.LIGHT),
        (Client.ANY, Look.DARK),
        (Client.OUTLOOK, Look.LIGHT),
        (Client.GMAIL, Look.LIGHT),
    ]
    return {f"{client.value} {look.value}": copy.view(client, look) for client, look in views}


def _people(desk: Desk) -> told.Told:
    """The first rows of each segment, without names: a name is not ours to pass on."""
    assert desk.counted is not None
    shown = [
        row | {"name": "", "place_name": ""}
        for name in desk.counted.crowd.segments
        for row in told.rows(desk, desk.counted, Wanted(frozenset({name})), page=0, masked=True)["rows"]
    ]
    for row in shown:
        row.pop("id", None)
    return {"total": len(shown), "page": 0, "pages": 1, "rows": shown}


def _files(desk: Desk, opened: Opened) -> dict[str, list[str]]:
    """The files that a check speaks of."""
    report = opened.mailing.report
    problems = told.state(desk)["checks"]["problems"]
    named = {place["file"] for problem in problems for place in problem["places"]} | {report.source}
    workspace = opened.mailing.workspace
    found = {name: told.file_lines(workspace, name, report.source) for name in sorted(named) if name}
    return {name: lines for name, lines in found.items() if lines}


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
