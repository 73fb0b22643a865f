"""The tables of the ledger. Times are epoch seconds (UTC); what is JSON is stored as text.

The migrations make these tables; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

METADATA = MetaData()

issues = Table(
    "issues",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
)

runs = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("issue_id", Integer, ForeignKey("issues.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("transport", String, nullable=False),
    Column("receipt", String, nullable=False, default=""),
    Column("components", Text, nullable=False, default="{}"),
    Column("content", String, nullable=False, default="", index=True),
    Column("headers", Text, nullable=False),
    Column("editions", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    # The people of a run are the rows with its `run_id` between these two ids, so that a scan is a range.
    Column("first_id", Integer),
    Column("last_id", Integer),
    Column("start_at", Float),
    Column("hold_until", Float),
    Column("not_after", Float),
    # What the provider calls all that it lets leave at `start_at`; since when; since when it is called back.
    Column("batch_id", String),
    Column("batch_at", Float),
    Column("recalled_at", Float),
    Column("canary_to_id", Integer),
    Column("canary_segment", String),
    Column("released_at", Float),
    Column("paced_until", Float),
    Column("stop_at", Float),
    Column("ended_at", Float),
    Column("ending", String, nullable=False, default=""),
    # What the workers of several machines share: why they all stopped, their pace, what their requests ask for.
    Column("halted", String, nullable=False, server_default=""),
    Column("per_second", Float),
    Column("unsubscribe_group", Integer),
)

people = Table(
    "people",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False),
    Column("issue_id", Integer, ForeignKey("issues.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("key", String, nullable=False),
    Column("address", String, nullable=False),
    Column("code", String, nullable=False),
    Column("segment", String, nullable=False),
    # The list their row stood in, `members` for lists/members.csv: what a suppression of one list is held to.
    Column("list", String, nullable=False, server_default=""),
    Column("fields", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("owner", String),
    Column("attempt", String),
    Column("attempts", SmallInteger, nullable=False),
    Column("reply_code", String),
    Column("detail", String),
    Column("provider_id", String),
    Column("due_at", Float),
    Column("claimed_at", Float),
    Column("settled_at", Float),
)
Index("people_once", people.c.issue_id, people.c.kind, people.c.key, unique=True)
Index("people_by_code", people.c.code)

owners = Table(
    "owners",
    METADATA,
    Column("owner", String, primary_key=True),
    Column("run_id", Integer, ForeignKey("runs.id"), primary_key=True),
    Column("since", Float, nullable=False),
    # Where several machines send: when it was last heard of, and the silence that means death.
    Column("seen_at", Float),
    Column("silence_s", Float),
    Column("lost_at", Float),
)

suppressions = Table(
    "suppressions",
    METADATA,
    Column("id", Integer, primary_key=True),
    # `address.key`, or the code alone of somebody who was erased.
    Column("key", String, nullable=False),
    # Empty for every list, or the name of one: `members`.
    Column("scope", String, nullable=False, server_default=""),
    Column("reason", String, nullable=False),
    Column("source", String, nullable=False),
    Column("event_id", String),
    Column("at", Float, nullable=False),
    Column("lifted_at", Float),
    Column("lifted_why", String),
)
Index("suppressions_by_key", suppressions.c.key)


def _unique(name: str, *columns: Column[Any], where: str) -> None:
    """An index by which a row is there once, among those of which `where` holds."""
    Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


_unique(
    "suppressions_once",
    suppressions.c.key,
    suppressions.c.scope,
    where="lifted_at IS NULL AND event_id IS NULL",
)
_unique("suppressions_by_event", suppressions.c.event_id, where="event_id IS NOT NULL")

facts = Table(
    "facts",
    METADATA,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

# What the other side told, once each. A run and a person are known by the run's name and the row: a test copy's
# run and rows make room for others, which may have the same numbers.
events = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("source", String, nullable=False),
    Column("event_id", String, nullable=False),
    Column("run", String, nullable=False),
    Column("person_id", Integer),
    # The attempt that it proves was accepted; empty for whichever was made, null for none.
    Column("attempt", String),
    Column("fate", String, nullable=False),
    Column("name", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("told_at", Float, nullable=False),
    Column("status", String, nullable=False),
    Column("detail", String, nullable=False),
    UniqueConstraint("source", "event_id"),
)
Index("events_by_person", events.c.run, events.c.person_id)

# The mails that were looked at, and what is to be done to them in the mailbox.
letters = Table(
    "letters",
    METADATA,
    Column("folder", String, primary_key=True),
    Column("validity", BigInteger, primary_key=True),
    Column("uid", BigInteger, primary_key=True),
    Column("sort", String, nullable=False),
    Column("act", String, nullable=False),
    Column("done_at", Float),
)

syncs = Table(
    "syncs",
    METADATA,
    Column("source", String, primary_key=True),
    Column("at", Float, nullable=False),
)

approvals = Table(
    "approvals",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("issue", String, nullable=False),
    Column("receipt", String, nullable=False),
    Column("name", String, nullable=False),
    Column("at", Float, nullable=False),
    UniqueConstraint("issue", "receipt", "name"),
)

acts = Table(
    "acts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("by", String, nullable=False),
    Column("command", String, nullable=False),
    Column("given", Text, nullable=False),
    Column("people", Text, nullable=False),
    Column("ended_at", Float),
    Column("exit_code", Integer),
)

used_lists = Table(
    "used_lists",
    METADATA,
    Column("name", String, primary_key=True),
    Column("run_id", Integer, ForeignKey("runs.id"), nullable=False),
    Column("file_hash", String, nullable=False),
    Column("people", LargeBinary, nullable=False),
)
