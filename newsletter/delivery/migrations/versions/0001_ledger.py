"""The ledger: issues, runs, people, owners of claims, suppressions, approvals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "issues",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
    )
    _runs()
    _people()
    op.create_table(
        "owners",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("since", sa.Float, nullable=False),
    )
    _suppressions()
    op.create_table(
        "approvals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("issue", sa.String, nullable=False),
        sa.Column("receipt", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("issue", "receipt", "name"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("issue_id", sa.Integer, sa.ForeignKey("issues.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("transport", sa.String, nullable=False),
        sa.Column("receipt", sa.String, nullable=False),
        sa.Column("components", sa.Text, nullable=False),
        sa.Column("content", sa.String, nullable=False, index=True),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("editions", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("first_id", sa.Integer),
        sa.Column("last_id", sa.Integer),
        sa.Column("start_at", sa.Float),
        sa.Column("hold_until", sa.Float),
        sa.Column("not_after", sa.Float),
        sa.Column("canary_to_id", sa.Integer),
        sa.Column("canary_segment", sa.String),
        sa.Column("released_at", sa.Float),
        sa.Column("paced_until", sa.Float),
        sa.Column("stop_at", sa.Float),
        sa.Column("ended_at", sa.Float),
        sa.Column("ending", sa.String, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("issue_id", sa.Integer, sa.ForeignKey("issues.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("segment", sa.String, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("owner", sa.String),
        sa.Column("attempt", sa.String),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("reply_code", sa.String),
        sa.Column("detail", sa.String),
        sa.Column("provider_id", sa.String),
        sa.Column("due_at", sa.Float),
        sa.Column("claimed_at", sa.Float),
        sa.Column("settled_at", sa.Float),
    )
    op.create_index("people_once", "people", ["issue_id", "kind", "key"], unique=True)


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("lifted_at", sa.Float),
        sa.Column("lifted_why", sa.String),
    )
    op.create_index("suppressions_by_key", "suppressions", ["key"])
    active = sa.text("lifted_at IS NULL")
    op.create_index(
        "suppressions_once", "suppressions", ["key"], unique=True, sqlite_where=active, postgresql_where=active
    )
