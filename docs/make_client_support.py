#!/usr/bin/env python3
"""Make newsletter/checks/client_support.json: `python docs/make_client_support.py caniemail.json`.

The data are those of https://www.caniemail.com, as the npm package `caniemail` brings them in its `data/`:

    npm pack caniemail@2.0.2 && tar -xzf caniemail-2.0.2.tgz package/data/caniemail.json

Rule: of each mail program the latest version that was tested, and of the features those that a rule looks for.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from newsletter.checks.clients import FEATURES

TABLE = Path(__file__).resolve().parent.parent / "newsletter" / "checks" / "client_support.json"

CLIENTS = {
    "gmail.desktop-webmail": "Gmail on the web",
    "gmail.ios": "Gmail on the iPhone",
    "gmail.android": "Gmail on Android",
    "outlook.windows": "Outlook for Windows (classic)",
    "outlook.outlook-com": "Outlook on the web",
    "outlook.ios": "Outlook on the iPhone",
    "outlook.android": "Outlook on Android",
    "outlook.macos": "Outlook for Mac",
    "apple-mail.ios": "Mail on the iPhone",
    "apple-mail.macos": "Mail on the Mac",
    "yahoo.desktop-webmail": "Yahoo on the web",
    "yahoo.android": "Yahoo on Android",
    "samsung-email.android": "Samsung Email",
    "thunderbird.macos": "Thunderbird",
}
"""`family.platform` as the data name it, and as a reader does."""


def table(data: dict[str, Any]) -> dict[str, Any]:
    """The compact table. Raises `KeyError` where a rule looks for what the data do not have."""
    by_slug = {feature["slug"]: feature for feature in data["data"]}
    return {
        "source": "https://www.caniemail.com, MIT licence, see client_support.LICENSE",
        "dated": data["last_update_date"][:10],
        "clients": list(CLIENTS.values()),
        "features": {slug: _feature(by_slug[slug]) for slug in sorted({feature.slug for feature in FEATURES})},
    }


def _feature(feature: dict[str, Any]) -> list[str]:
    """When it was tested, and a letter for each client: y(es), a (in part), n(o), u(nknown)."""
    letters = (_latest(feature["stats"], *client.split(".")) for client in CLIENTS)
    return [feature["last_test_date"], "".join(letters)]


def _latest(stats: dict[str, Any], family: str, platform: str) -> str:
    # The data are in the order of the versions, the latest last.
    versions = list(stats.get(family, {}).get(platform, {}).values())
    return versions[-1].split()[0] if versions else "u"


if __name__ == "__main__":
    found = table(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    lines = [f'    "{slug}": {json.dumps(row)}' for slug, row in found.pop("features").items()]
    head = json.dumps(found, indent=2, ensure_ascii=False).removesuffix("\n}")
    TABLE.write_text(f'{head},\n  "features": {{\n' + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")
