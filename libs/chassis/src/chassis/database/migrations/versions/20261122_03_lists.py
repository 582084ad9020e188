"""Search texts and their grams, saved views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import secure

revision = "backbone_lists"
down_revision = "backbone_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_texts",
        tenant_column(),
        sa.Column("resource", sa.Text(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_table(
        "search_grams",
        tenant_column(),
        sa.Column("resource", sa.Text(), primary_key=True),
        sa.Column("gram", sa.Text(), primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
    )
    _saved_views()
    for table in ("search_texts", "search_grams", "saved_views"):
        secure(table)


def _saved_views() -> None:
    op.create_table(
        "saved_views",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("collection", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("fields", JSONB(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(
        "ix_saved_views_tenant_id_subject_collection_name",
        "saved_views",
        ["tenant_id", "subject", "collection", "name"],
        unique=True,
    )
    op.create_index(
        "saved_views_default_key",
        "saved_views",
        ["tenant_id", "subject", "collection"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )


def downgrade() -> None:
    for table in ("saved_views", "search_grams", "search_texts"):
        op.drop_table(table)
