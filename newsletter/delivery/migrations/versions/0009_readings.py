"""What was read of the mailbox, and when each source was last read to its end."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "letters",
        sa.Column("folder", sa.String, primary_key=True),
        sa.Column("validity", sa.BigInteger, primary_key=True),
        sa.Column("uid", sa.BigInteger, primary_key=True),
        sa.Column("sort", sa.String, nullable=False),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("done_at", sa.Float),
    )
    op.create_table(
        "syncs",
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
