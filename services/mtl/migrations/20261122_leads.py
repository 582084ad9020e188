"""Leads, what they are known by, their history; imports, their files and rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import secure

revision = "mtl_20261122"
down_revision = None
branch_labels = ("mtl",)
depends_on = "backbone_20261122"

TABLES = ("import_rows", "import_files", "imports", "lead_history", "lead_keys", "leads")


def upgrade() -> None:
    _leads()
    _lead_keys()
    _lead_history()
    _imports()
    _import_files()
    _import_rows()


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _conversion() -> list[sa.Column[object]]:
    names = ("conversion_id", "account_id", "contact_id", "opportunity_id")
    return [sa.Column(name, sa.Uuid()) for name in names]


def _leads() -> None:
    op.create_table(
        "leads",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text()),
        sa.Column("company", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("external_id", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("attributes", postgresql.JSONB(), nullable=False),
        sa.Column("owner_id", sa.Text()),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("status_reason", sa.Text()),
        *_conversion(),
        sa.Column("existing_account", sa.Boolean()),
        _instant("converted_at", nullable=True),
        _instant("created_at"),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_leads_tenant_id_status_id", "leads", ["tenant_id", "status", "id"])
    op.create_index("ix_leads_tenant_id_owner_id_id", "leads", ["tenant_id", "owner_id", "id"])
    op.create_index("ix_leads_tenant_id_account_id", "leads", ["tenant_id", "account_id"])
    secure("leads")


def _lead_keys() -> None:
    op.create_table(
        "lead_keys",
        tenant_column(),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
    )
    op.create_index("ix_lead_keys_tenant_id_lead_id", "lead_keys", ["tenant_id", "lead_id"])
    secure("lead_keys")


def _lead_history() -> None:
    op.create_table(
        "lead_history",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        _instant("at"),
        sa.Column("from_status", sa.String(40), nullable=False),
        sa.Column("to_status", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("actor", sa.Text()),
        *_conversion(),
    )
    op.create_index(
        "ix_lead_history_tenant_id_lead_id_id", "lead_history", ["tenant_id", "lead_id", "id"]
    )
    secure("lead_history", append_only=True)


def _imports() -> None:
    counts = ("total", "accepted", "refused", "with_warnings", "chunks_done")
    op.create_table(
        "imports",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("mapping", postgresql.JSONB()),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("file_size", sa.Integer()),
        *[sa.Column(name, sa.Integer(), nullable=False) for name in counts],
        sa.Column("failures", postgresql.JSONB(), nullable=False),
        sa.Column("created_by", sa.Text()),
        _instant("created_at"),
        _instant("started_at", nullable=True),
        _instant("finished_at", nullable=True),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_imports_tenant_id_state_id", "imports", ["tenant_id", "state", "id"])
    secure("imports")


def _import_files() -> None:
    op.create_table(
        "import_files",
        tenant_column(),
        sa.Column("import_id", sa.Uuid(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("header", postgresql.JSONB()),
        sa.Column("bounds", postgresql.ARRAY(sa.Integer())),
    )
    # Uncompressed, a part of the file can be read without reading all of it.
    op.execute("ALTER TABLE import_files ALTER COLUMN content SET STORAGE EXTERNAL")
    secure("import_files")


def _import_rows() -> None:
    op.create_table(
        "import_rows",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
    )
    op.create_index(
        "ix_import_rows_tenant_id_import_id_outcome_row_id",
        "import_rows",
        ["tenant_id", "import_id", "outcome", "row", "id"],
    )
    secure("import_rows")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
