"""The audit log: an act is written down before it is done, and how it ended afterwards; and it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import typer

from newsletter.address import AddressError, key, parse
from newsletter.cli import show
from newsletter.cli.writing import mailbox, opened
from newsletter.delivery.audit import Act
from newsletter.delivery.database import LedgerError
from newsletter.dispatch import open_ledger
from newsletter.errors import NewsletterError
from newsletter.message import code_for, coder

_ADDRESS = re.compile(r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+")


def noted(command: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Do what was asked, and write down that it was."""
    workspace = opened()
    scrubbed = Scrubbed(coder(workspace.secret()))
    said = scrubbed.given(given)
    with open_ledger(workspace) as ledger:
        act = ledger.audit.begin(command.__name__.replace("_", "-"), said, scrubbed.people.values())
    code = 1
    try:
        answer = command(**given)
        code = answer if isinstance(answer, int) else 0
    except NewsletterError as error:
        code = error.exit_code
        raise
    except (KeyboardInterrupt, typer.Abort):
        code = 130
        raise
    finally:
        # The command's own error matters more; an act without an end says that nobody knows how it ended.
        with suppress(LedgerError), open_ledger(workspace) as ledger:
            ledger.audit.end(act, code)
    return answer


def audit(address: str | None, *, last: int, as_json: bool) -> None:
    """Show what was done, or what was done to one person."""
    workspace = opened()
    with open_ledger(workspace) as ledger:
        if address is None:
            found = list(ledger.audit)
        else:
            found = list(ledger.audit.of(code_for(mailbox(address), workspace.secret())))
    zone = ZoneInfo(workspace.settings.timezone)
    shown = [_shown(act, zone) for act in found[-last:]]
    if as_json:
        show.json(shown)
        return
    for each in shown:
        given = " ".join(f"{name}={value}" for name, value in each["given"].items())
        ended = "no end" if each["exit_code"] is None else f"exit {each['exit_code']}"
        print("\t".join((each["at"], each["by"], f"{each['command']} {given}".strip(), ended)))
    if not shown:
        show.say("nothing was done yet" if address is None else "nothing was done to this person by name")


def _shown(act: Act, zone: ZoneInfo) -> dict[str, Any]:
    def time(moment: float | None) -> str | None:
        return None if moment is None else datetime.fromtimestamp(moment, zone).isoformat(timespec="seconds")

    return {
        "at": time(act.at),
        "by": act.by,
        "command": act.command,
        "given": dict(act.given),
        "ended_at": time(act.ended_at),
        "exit_code": act.exit_code,
    }


@dataclass(frozen=True)
class Scrubbed:
    """What was said on a command line, with a code in the place of each address."""

    code_of: Callable[[str], str]
    people: dict[str, str] = field(default_factory=dict, repr=False)
    """Of everybody who was named, the key and the code."""

    def given(self, given: Mapping[str, Any]) -> dict[str, object]:
        """Without what was left to its default, and without the form of the answer."""
        said = ((name.strip("_"), value) for name, value in given.items() if name != "json")
        return {name: self._said(value) for name, value in said if value not in (None, False, "", [])}

    def _said(self, value: object) -> object:
        match value:
            case list():
                return [self._said(each) for each in value]
            case Enum():
                return value.value
            case int() | float():
                return value
            case _:
                return self._text(str(value))

    def _text(self, text: str) -> str:
        return self._code(text) or _ADDRESS.sub(lambda found: self._code(found[0].strip(".")) or "…", text)

    def _code(self, text: str) -> str | None:
        """The code of what is an address as a whole, or None."""
        try:
            mailbox = key(parse(text))
        except AddressError:
            return None
        return self.people.setdefault(mailbox, self.code_of(mailbox))
