"""Imports and exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import secure

revision = "backbone_imports"
down_revision = "backbone_writes"
branch_labels = None
depends_on = None

TABLES = ("export_parts", "exports", "import_results", "import_sources", "import_runs")


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _count(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))


def upgrade() -> None:
    _import_runs()
    _import_sources()
    _import_results()
    _exports()
    _export_parts()


def _import_runs() -> None:
    counts = ("total", "created", "updated", "merged", "unchanged", "refused", "with_warnings")
    op.create_table(
        "import_runs",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("mapping", JSONB()),
        sa.Column("sheet", sa.Text()),
        sa.Column("dry_run", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("file_size", sa.Integer()),
        *[_count(name) for name in (*counts, "chunks_done", "endings")],
        sa.Column("failures", JSONB(), nullable=False),
        sa.Column("created_by", sa.Text()),
        sa.Column("caller_kind", sa.Text(), nullable=False, server_default="person"),
        sa.Column("scopes", JSONB(), nullable=False, server_default=sa.text("'[]'")),
        _instant("created_at"),
        _instant("started_at", nullable=True),
        _instant("finished_at", nullable=True),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    _index("import_runs", "tenant_id", "state", "id")
    _index("import_runs", "tenant_id", "created_by", "id")
    secure("import_runs")


def _import_sources() -> None:
    op.create_table(
        "import_sources",
        tenant_column(),
        sa.Column("import_id", sa.Uuid(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("header", JSONB()),
        sa.Column("rows", sa.LargeBinary()),
        sa.Column("bounds", ARRAY(sa.Integer())),
    )
    # Uncompressed, a part of the rows can be read without reading all of them.
    op.execute("ALTER TABLE import_sources ALTER COLUMN rows SET STORAGE EXTERNAL")
    secure("import_sources")


def _import_results() -> None:
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
    _index("import_results", "tenant_id", "import_id", "outcome", "row", "id")
    _index("import_results", "tenant_id", "import_id", "warned", "row", "id")
    _index("import_results", "tenant_id", "record_id")
    secure("import_results")


def _exports() -> None:
    op.create_table(
        "exports",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("collection", sa.Text(), nullable=False),
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
        _instant("created_at"),
        _instant("started_at", nullable=True),
        _instant("finished_at", nullable=True),
        _instant("expires_at", nullable=True),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    _index("exports", "tenant_id", "created_by", "id")
    secure("exports")


def _export_parts() -> None:
    op.create_table(
        "export_parts",
        tenant_column(),
        sa.Column("export_id", sa.Uuid(), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    secure("export_parts")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
