"""What the provider calls the mail that it lets leave at a run's time."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns; what was scheduled before waits in our own process."""
    op.add_column("runs", sa.Column("batch_id", sa.String))
    op.add_column("runs", sa.Column("batch_at", sa.Float))
    op.add_column("runs", sa.Column("recalled_at", sa.Float))
