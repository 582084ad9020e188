"""Imports stand on the backbone's tables: what mtl's own ones hold moves there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import secure

revision = "mtl_imports"
down_revision = "mtl_ground"
branch_labels = None
depends_on = "backbone_imports"

# A run that is not over is ended as broken off: it begins anew when it is started again, and the
# rows that are in are then refused as duplicates.
RUNS = """
INSERT INTO import_runs (tenant_id, id, kind, file_name, mapping, state, file_size, total, created,
  refused, with_warnings, endings, failures, created_by, created_at, started_at, finished_at,
  updated_at, version)
SELECT tenant_id, id, kind, file_name, mapping,
  CASE WHEN broken THEN 'FAILED' ELSE state END, file_size,
  CASE WHEN broken THEN 0 ELSE total END, CASE WHEN broken THEN 0 ELSE accepted END,
  CASE WHEN broken THEN 0 ELSE refused END, CASE WHEN broken THEN 0 ELSE with_warnings END,
  CASE WHEN broken OR finished_at IS NOT NULL THEN 1 ELSE 0 END,
  CASE WHEN broken THEN '[{"code": "JOB_FAILED", "column": null, "params": {}}]' ELSE failures END,
  created_by, created_at, CASE WHEN broken THEN NULL ELSE started_at END,
  CASE WHEN broken THEN updated_at ELSE finished_at END, updated_at, version
FROM (SELECT *, state IN ('QUEUED', 'RUNNING') OR failures @> '[{"code": "JOB_FAILED"}]' AS broken
      FROM imports) AS before
"""
SOURCES = """
INSERT INTO import_sources (tenant_id, import_id, content)
SELECT tenant_id, import_id, content FROM import_files
"""
RESULTS = """
INSERT INTO import_results (tenant_id, import_id, row, id, outcome, warned, findings)
SELECT r.tenant_id, r.import_id, r.row, r.id,
  CASE r.outcome WHEN 'REFUSED' THEN 'REFUSED' ELSE 'CREATED' END,
  r.outcome <> 'REFUSED', r.findings
FROM import_rows AS r JOIN import_runs AS i ON i.tenant_id = r.tenant_id AND i.id = r.import_id
WHERE i.failures = '[]'
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    for statement in (RUNS, SOURCES, RESULTS):
        op.get_bind().exec_driver_sql(statement)  # no colon of it is a parameter
    op.execute("DELETE FROM jobs WHERE kind = 'lead_import'")
    for table in ("import_rows", "import_files", "imports"):
        op.drop_table(table)


def downgrade() -> None:
    """The old tables come back empty."""
    _imports()
    op.create_table(
        "import_files",
        tenant_column(),
        sa.Column("import_id", sa.Uuid(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("header", postgresql.JSONB()),
        sa.Column("bounds", postgresql.ARRAY(sa.Integer())),
    )
    op.execute("ALTER TABLE import_files ALTER COLUMN content SET STORAGE EXTERNAL")
    op.create_table(
        "import_rows",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("findings", postgresql.JSONB(), nullable=False),
    )
    by_row = ["tenant_id", "import_id", "outcome", "row", "id"]
    op.create_index("ix_import_rows_tenant_id_import_id_outcome_row_id", "import_rows", by_row)
    for table in ("imports", "import_files", "import_rows"):
        secure(table)


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
        *[
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("created_at", "updated_at")
        ],
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index("ix_imports_tenant_id_state_id", "imports", ["tenant_id", "state", "id"])
