"""The table of files that hang on records."""

import sqlalchemy as sa
from alembic import op

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure


def create() -> None:
    """Create the table of this topic."""
    op.create_table(
        "attachments",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text()),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("attached_by", sa.Text()),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    index("attachments", "tenant_id", "record_id", "file_id", unique=True)
    index("attachments", "tenant_id", "record_id", "id")
    secure("attachments")
    audited(
        "attachments",
        resource="@resource",
        key="record_id",
        part="files",
        noise=("resource", "record_id", "version", "updated_at"),
    )


def drop() -> None:
    """Drop what `create` has made."""
    op.drop_table("attachments")
