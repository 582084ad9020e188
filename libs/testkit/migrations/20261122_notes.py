"""The sample service's tables."""

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import secure

revision = "testkit_20261122"
down_revision = None
branch_labels = ("testkit",)
depends_on = "backbone_20261122"


def upgrade() -> None:
    op.create_table(
        "notes",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "note_copies",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    secure("notes")
    secure("note_copies")


def downgrade() -> None:
    op.drop_table("note_copies")
    op.drop_table("notes")
