"""The tables of file imports and exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import secure

TABLES = (
    "import_runs",
    "import_sources",
    "import_results",
    "exports",
    "export_parts",
)


def create() -> None:
    """Create the tables of this topic."""
    _import_runs()
    _import_sources()
    _import_results()
    _exports()
    _export_parts()


def drop() -> None:
    """Drop what `create` has made."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _import_runs() -> None:
    """File imports, their settings, state and counts."""
    op.create_table(
        "import_runs",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("mapping", JSONB()),
        sa.Column("sheet", sa.Text()),
        sa.Column("encoding", sa.String(40)),
        sa.Column("dry_run", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("file_size", sa.Integer()),
        sa.Column("total", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("created", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("updated", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("merged", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("unchanged", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("refused", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("with_warnings", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("chunks_done", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("endings", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("failures", JSONB(), nullable=False),
        sa.Column("warnings", JSONB(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("created_by", sa.Text()),
        sa.Column("caller_kind", sa.Text(), nullable=False, server_default="person"),
        sa.Column("scopes", JSONB(), nullable=False, server_default=sa.text("'[]'")),
        instant("created_at"),
        instant("started_at", nullable=True),
        instant("finished_at", nullable=True),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("state", "created_by", "resource", "created_at"):
        index("import_runs", "tenant_id", column, "id")
    secure("import_runs")


def _import_sources() -> None:
    """The uploaded file of an import and its parsed rows."""
    op.create_table(
        "import_sources",
        tenant_column(),
        sa.Column("import_id", sa.Uuid(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("header", JSONB()),
        sa.Column("rows", sa.LargeBinary()),
        sa.Column("bounds", ARRAY(sa.Integer())),
    )
    secure("import_sources")
    # Stored uncompressed, so that a part of the rows can be read without reading all of them.
    op.execute("ALTER TABLE import_sources ALTER COLUMN rows SET STORAGE EXTERNAL")


def _import_results() -> None:
    """What became of each row of an import."""
    op.create_table(
        "import_results",
        tenant_column(),
        sa.Column("import_id", sa.Uuid(), primary_key=True),
        sa.Column("row", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("record_id", sa.Uuid()),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("findings", JSONB(), nullable=False),
    )
    index("import_results", "tenant_id", "import_id", "outcome", "row", "id")
    index("import_results", "tenant_id", "import_id", "warned", "row", "id")
    index("import_results", "tenant_id", "record_id")
    secure("import_results")


def _exports() -> None:
    """Exports of lists as files."""
    op.create_table(
        "exports",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("fields", JSONB()),
        sa.Column("format", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("file_size", sa.Integer()),
        sa.Column("failures", JSONB(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("caller_kind", sa.Text(), nullable=False),
        sa.Column("scopes", JSONB(), nullable=False),
        instant("created_at"),
        instant("started_at", nullable=True),
        instant("finished_at", nullable=True),
        instant("expires_at", nullable=True),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("exports", "tenant_id", "created_by", "id")
    secure("exports")


def _export_parts() -> None:
    """The content of an export's file, in parts."""
    op.create_table(
        "export_parts",
        tenant_column(),
        sa.Column("export_id", sa.Uuid(), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    secure("export_parts")
