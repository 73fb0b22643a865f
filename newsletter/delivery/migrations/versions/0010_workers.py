"""What the workers of a run share: why they stopped, their pace, what their requests ask for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("runs", sa.Column("halted", sa.String, nullable=False, server_default=""))
    op.add_column("runs", sa.Column("per_second", sa.Float))
    op.add_column("runs", sa.Column("unsubscribe_group", sa.Integer))
