"""The tables of files: their parts, their attachments, and what a tenant admits and uses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database.backbone_tables import instant
from chassis.database.columns import replica_columns, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure

revision = "desk_20261201_files"
down_revision = "desk_20261201"
branch_labels = None
depends_on = None

TABLES = ("files", "file_parts", "file_attachments", "file_settings", "file_usage")


def upgrade() -> None:
    _files()
    _parts()
    _attachments()
    _settings()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _files() -> None:
    """Files: their names, states and keys; their bytes are elsewhere."""
    op.create_table(
        "files",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("file_name", sa.Text()),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("media_type", sa.Text()),
        sa.Column("sha256", sa.Text()),
        sa.Column("content_secret", sa.LargeBinary()),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("threat", sa.Text()),
        sa.Column("checks", sa.Integer(), nullable=False),
        instant("completed_at", nullable=True),
        instant("given_up_at", nullable=True),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("status", "media_type", "uploaded_by", "created_at"):
        index("files", "tenant_id", column, "id")
    secure("files")
    audited("files", resource="desk.file", secret=("content_secret",))


def _parts() -> None:
    """Objects of the store: each has a row before it has bytes, and until it has none any more."""
    op.create_table(
        "file_parts",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer()),
        sa.Column("sha256", sa.Text()),
        sa.Column("media_type", sa.Text()),
        instant("created_at"),
        instant("kept_at", nullable=True),
        instant("drop_after", nullable=True),
    )
    index(
        "file_parts",
        "tenant_id",
        "file_id",
        "number",
        name="ix_file_parts_kept",
        unique=True,
        where="kept_at IS NOT NULL AND drop_after IS NULL",
    )
    index("file_parts", "tenant_id", "file_id")
    index(
        "file_parts",
        "tenant_id",
        "drop_after",
        name="ix_file_parts_dropped",
        where="drop_after IS NOT NULL",
    )
    secure("file_parts")


def _attachments() -> None:
    """Which records of all services have which files."""
    op.create_table(
        "file_attachments",
        *replica_columns(),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
    )
    index("file_attachments", "tenant_id", "file_id")
    secure("file_attachments")


def _settings() -> None:
    """What a tenant admits as files, and how many bytes they take."""
    op.create_table(
        "file_settings",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("max_file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("storage_bytes", sa.BigInteger(), nullable=False),
        sa.Column("open_uploads", sa.Integer(), nullable=False),
        sa.Column("media_types", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
        sa.Column("encrypted", sa.Boolean(), nullable=False),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("file_settings")
    audited("file_settings", resource="desk.file_setting")
    op.create_table(
        "file_usage",
        tenant_column(),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
    )
    secure("file_usage")
