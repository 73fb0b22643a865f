"""The audit log, in which nothing is changed or deleted, by this program or by another."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SAID = "the audit log is append-only"
_FORBIDDEN = {
    "update": "UPDATE ON acts FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL)",
    "delete": "DELETE ON acts FOR EACH ROW",
}
"""An act is completed once, when it ends."""


def upgrade() -> None:
    """Make the table, and the triggers that keep it as it was written."""
    op.create_table(
        "acts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("command", sa.String, nullable=False),
        sa.Column("given", sa.Text, nullable=False),
        sa.Column("people", sa.Text, nullable=False),
        sa.Column("ended_at", sa.Float),
        sa.Column("exit_code", sa.Integer),
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, when in _FORBIDDEN.items():
            op.execute(
                f"CREATE TRIGGER acts_{name} BEFORE {when} BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
            )
        return
    op.execute(
        "CREATE FUNCTION acts_stay() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$",
    )
    for name, when in _FORBIDDEN.items():
        op.execute(f"CREATE TRIGGER acts_{name} BEFORE {when} EXECUTE FUNCTION acts_stay()")
