"""The table of xwords."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import audited
from chassis.database.migration_operations import secure
from chassis.database.migration_operations import with_custom_fields

revision = "xservice_add_xresources"
down_revision = "xprevious"
branch_labels = None
depends_on = None

LISTED = ("owner_id", "name", "created_at", "updated_at")


def upgrade() -> None:
    op.create_table(
        "xresources",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("owner_id", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in LISTED:
        op.create_index(
            f"ix_xresources_tenant_id_{column}_id", "xresources", ["tenant_id", column, "id"]
        )
    op.create_index(
        "ix_xresources_deleted",
        "xresources",
        ["tenant_id", "id"],
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    secure("xresources")
    audited("xresources", resource="xservice.xresource")
    with_custom_fields("xresources", resource="xservice.xresource")


def downgrade() -> None:
    op.drop_table("xresources")
