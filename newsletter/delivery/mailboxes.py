"""Mailboxes as the ledger knows them: by their key, and after an erasure by their code alone.

Rule: whoever was erased is still recognised. A code is made from a key with the workspace's secret, so that
whoever has the ledger and not the secret cannot try addresses on it. The ledger opens with no other secret
than the one that made its codes: by another, nobody would be recognised, and everybody mailed again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from unicodedata import normalize

from sqlalchemy import Connection, delete, select

from newsletter.delivery.database import Database, LedgerError, insert_new
from newsletter.delivery.schema import facts

CodeOf = Callable[[str], str]
"""From a key, `address.key(…)`, to its code, `message.code_for(…)`."""

_SECRET = "secret"  # noqa: S105 - the name of a fact
"""The fact that tells one secret from another: the code of what can be no mailbox."""


def is_code(held: str) -> bool:
    """Whether this is the code of a mailbox, not its key."""
    return "@" not in held


def known_as(key: str, code_of: CodeOf | None) -> tuple[str, ...]:
    """What a mailbox may stand under in the ledger."""
    return (key,) if code_of is None or is_code(key) else (key, code_of(key))


def spellings(key: str) -> set[str]:
    """The key, and as people write it whose domain is not ASCII."""
    local, _, domain = key.rpartition("@")
    try:
        return {key, f"{local}@{domain.encode().decode('idna')}"}
    except UnicodeError:
        return {key}


def without(text: str, key: str) -> str:
    """A text with `…` in the place of one mailbox, in whichever case; another that ends or begins so stays."""
    mailbox = "|".join(map(re.escape, spellings(key)))
    written = rf"(?<![\w.+-])(?:{mailbox})(?![\w-]|\.\w)"
    return re.sub(written, "…", normalize("NFC", text), flags=re.IGNORECASE)


def mailboxes(held: frozenset[str], code_of: CodeOf | None) -> Container[str]:
    """The same mailboxes, to be asked for by key; `held` itself where all are held by their keys."""
    codes = frozenset(filter(is_code, held))
    if not codes:
        return held
    assert code_of is not None, "a ledger with codes in it opens with the secret alone"
    return _SomeByCode(held - codes, codes, code_of)


@dataclass(frozen=True, slots=True)
class _SomeByCode(Container[str]):
    """Mailboxes of which some are held by their codes; equal to another with the same people in it."""

    keys: frozenset[str] = field(repr=False)
    codes: frozenset[str] = field(repr=False)
    code_of: CodeOf = field(repr=False, compare=False)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and (key in self.keys or self.code_of(key) in self.codes)


def bind_secret(connection: Connection, code_of: CodeOf) -> None:
    """From now on the ledger holds codes, and opens with this secret alone."""
    connection.execute(insert_new(connection, facts).values(name=_SECRET, value=code_of(_SECRET)))


def bind_anew(connection: Connection, code_of: CodeOf) -> None:
    """The ledger opens with this secret from now on, whatever made the codes it holds."""
    connection.execute(delete(facts).where(facts.c.name == _SECRET))
    bind_secret(connection, code_of)


def refuse_other_secret(database: Database, code_of: CodeOf | None) -> None:
    """Raise `LedgerError` where the ledger's codes were made with another secret, or there is none here."""
    with database.read() as connection:
        bound = connection.scalar(select(facts.c.value).where(facts.c.name == _SECRET))
    if bound is not None and (code_of is None or code_of(_SECRET) != bound):
        raise LedgerError(
            "this is not the secret of this ledger: by it the links in its mail are signed, and the people who"
            " were erased are known",
            "Nobody was sent to. Put the right secret: NEWSLETTER_SECRET, or the file .newsletter/secret. "
            "If it is lost for good, see: newsletter suppress give-up-codes --help",
        )
