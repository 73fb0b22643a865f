"""Suppressions of one list or by an event, the list a person came from, and facts about the ledger itself."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; a suppression of before holds for every list."""
    op.add_column("suppressions", sa.Column("scope", sa.String, nullable=False, server_default=""))
    op.add_column("suppressions", sa.Column("event_id", sa.String))
    op.add_column("people", sa.Column("list", sa.String, nullable=False, server_default=""))
    op.drop_index("suppressions_once", "suppressions")
    _index("suppressions_once", ["key", "scope"], "lifted_at IS NULL AND event_id IS NULL")
    _index("suppressions_by_event", ["event_id"], "event_id IS NOT NULL")
    op.create_table(
        "facts",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "suppressions",
        columns,
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
