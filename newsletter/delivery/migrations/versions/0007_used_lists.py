"""What is kept of each list as it was last used, so that a change is noticed before the next send."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "used_lists",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("file_hash", sa.String, nullable=False),
        sa.Column("people", sa.LargeBinary, nullable=False),
    )
