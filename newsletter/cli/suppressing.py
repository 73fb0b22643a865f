"""The opt-outs: kept, lifted, shown and imported, of everything or of one list."""

from __future__ import annotations

from contextlib import suppress as suppress_error
from pathlib import Path

from newsletter import address
from newsletter.cli import show
from newsletter.cli.choices import Suppress
from newsletter.cli.writing import bytes_of, mailbox, opened
from newsletter.decoding import decoded
from newsletter.delivery.database import LedgerError
from newsletter.delivery.ledger import Ledger
from newsletter.delivery.mailboxes import is_code
from newsletter.delivery.suppressions import EVERYWHERE, Suppression
from newsletter.dispatch import SENDGRID, open_ledger, sources
from newsletter.errors import UsageError, did_you_mean
from newsletter.message import coder
from newsletter.workspace import Workspace


def suppress(action: Suppress, what: str | None, *, reason: str, list_name: str | None, as_json: bool) -> None:
    """Change or show the opt-outs: of everything, or of one list."""
    workspace = opened()
    if action is Suppress.GIVE_UP_CODES:
        _give_up_codes(workspace, reason)
        return
    if action is not Suppress.LIST and what is None:
        wanted = "a file" if action is Suppress.IMPORT else "an address"
        raise UsageError(f"suppress {action.value} needs {wanted}")
    with open_ledger(workspace) as ledger:
        scope = _scope(workspace, ledger, list_name, known_alone=action in {Suppress.ADD, Suppress.IMPORT})
        match action:
            case Suppress.ADD:
                _add(workspace, ledger, mailbox(what or ""), reason or "asked", scope or EVERYWHERE)
            case Suppress.REMOVE:
                _lift(workspace, ledger, mailbox(what or ""), why=reason, scope=scope or EVERYWHERE)
            case Suppress.LIST:
                found = [each for each in ledger.suppressions if scope in {None, each.scope}]
                _show_opt_outs(found, show.days(workspace), as_json=as_json)
            case Suppress.IMPORT:
                _import(workspace, ledger, Path(what or ""), reason or "imported", scope or EVERYWHERE)


def _add(workspace: Workspace, ledger: Ledger, key: str, reason: str, scope: str) -> None:
    """Opt somebody out; a slip in the address would leave the person it is about where they are."""
    from newsletter.rights.rows import search

    added = ledger.suppressions.add([key], reason=reason, source="by hand", scope=scope)
    show.say("opted out" if added else "had opted out already")
    held = search(workspace, key)
    if not (held.rows or held.unreadable or ledger.accounts.history(key)):
        show.say("no list here has this address, and nothing was sent to it: is it spelt as theirs is?")


def _give_up_codes(workspace: Workspace, reason: str) -> None:
    """Go on with another secret than the one by which the ledger knows the people who were erased."""
    if not reason:
        raise UsageError(
            "whoever was erased would not be recognised any more, and mailed again if a list brings them back",
            'If the old secret is lost for good, say so: --reason "the disk died, and no copy is left"',
        )
    with suppress_error(LedgerError), open_ledger(workspace):
        raise UsageError("the secret here is the one by which the ledger knows the erased: nothing is lost")
    Ledger.bind_anew(workspace.database_url, coder(workspace.secret()))
    with open_ledger(workspace) as ledger, ledger.audit.act("suppress give-up-codes", {"reason": reason}):
        number = ledger.suppressions.give_up_codes(why=f"their secret is lost: {reason}")
    people = show.counted(number, "person is", "people are")
    show.say(f"{people} no longer kept out: nobody can know who they were")


def _scope(workspace: Workspace, ledger: Ledger, list_name: str | None, *, known_alone: bool) -> str | None:
    """The name of a list, given as `members` or `members.csv`. Raises `UsageError` where it is none.

    Unless `known_alone`, a list that is gone will do too, where somebody had left it.
    """
    if list_name is None:
        return None
    name = list_name.removeprefix("lists/").removesuffix(".csv")
    known = workspace.list_stems()
    if not known_alone:
        known |= {each.scope for each in ledger.suppressions} - {EVERYWHERE}
    if name not in known:
        raise UsageError(f"there is no list '{name}'", did_you_mean(name, known))
    return name


def _lift(workspace: Workspace, ledger: Ledger, key: str, *, why: str, scope: str) -> None:
    if not why:
        raise UsageError("lifting an opt-out needs a reason", 'Add: --reason "asked to come back by e-mail"')
    lifted = ledger.suppressions.lift(key, why=why, scope=scope)
    show.say("lifted" if lifted else "there was no opt-out to lift")
    left = sorted({each.scope for each in ledger.suppressions.history(key) if each.lifted_at is None})
    for each in left:
        show.say(
            f"still opted out of {of_scope(each)}" + (f"; to lift that too: --list {each}" if each else "")
        )
    if lifted and not left:
        show.say("they can be sent to again")
        if SENDGRID in sources(workspace):
            show.say("SendGrid may still keep them out: newsletter sync sees to it, before the next send")


def of_scope(scope: str) -> str:
    """A scope in words."""
    return f"the list {scope}" if scope else "everything"


def _import(workspace: Workspace, ledger: Ledger, path: Path, reason: str, scope: str) -> None:
    """Every address of a file: one a line, or the first cell with an @ of each row."""
    text = decoded(bytes_of(path))
    if "\0" in text:
        raise UsageError(
            f"{path} is no text", "Save it as CSV; of a spreadsheet newsletter lists import knows more."
        )
    keys: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip().strip('"') for cell in line.replace(";", ",").split(",")]
        cell = next((cell for cell in cells if "@" in cell), "")
        try:
            keys.append(address.key(address.parse(cell)))
        except address.AddressError as error:
            if line.strip() and not (number == 1 and not cell):
                show.say(f"{workspace.shown(path)}:{number}: left out: {error}")
    added = ledger.suppressions.add(keys, reason=reason, source=f"imported from {path.name}", scope=scope)
    show.say(f"{added:,} opted out now, {len(set(keys)) - added:,} had already")


def _show_opt_outs(found: list[Suppression], day: show.Day, *, as_json: bool) -> None:
    if as_json:
        show.json([{"address": None if is_code(each.key) else each.key} | opt_out(each, day) for each in found])
        return
    for each in found:
        who = f"erased {each.key}" if is_code(each.key) else each.key
        print("\t".join((who, day(each.at), each.reason, each.source, each.scope)).rstrip())


def opt_out(each: Suppression, day: show.Day) -> dict[str, str | None]:
    """A suppression as JSON, without whose it is."""
    return {
        "since": day(each.at),
        "reason": each.reason,
        "source": each.source,
        "list": each.scope or None,
        "lifted": day(each.lifted_at) if each.lifted_at else None,
        "lifted_why": each.lifted_why,
    }
