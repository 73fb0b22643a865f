"""Find a person by the code in their link."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the index."""
    op.create_index("people_by_code", "people", ["code"])
