"""Owners on several machines: when each was last heard of, and when it was taken for dead."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; an owner of before is one of this machine."""
    for name in ("seen_at", "silence_s", "lost_at"):
        op.add_column("owners", sa.Column(name, sa.Float))
