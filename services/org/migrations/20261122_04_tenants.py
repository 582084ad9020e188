"""Tenants' tax rounding and quotas; tasks that all services do for a tenant, and their reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import audited, roles, secure

revision = "org_tenants"
down_revision = "org_days"
branch_labels = None
depends_on = None


def upgrade() -> None:
    line, none = sa.text("'LINE'"), sa.text("'{}'")
    op.add_column(
        "tenants", sa.Column("tax_rounding", sa.String(40), server_default=line, nullable=False)
    )
    op.add_column("tenants", sa.Column("quotas", JSONB(), server_default=none, nullable=False))
    op.create_table(
        "tenant_tasks",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "tenant_task_reports",
        tenant_column(),
        sa.Column("task_id", sa.Uuid(), primary_key=True),
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("tables", JSONB(), nullable=False),
        sa.Column("notes", JSONB(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
    )
    for table in ("tenant_tasks", "tenant_task_reports"):
        secure(table)
    audited("tenant_tasks", resource="org.tenant_task")
    app, worker = roles()
    # An operator's list of tenants: the API says so after it has checked who asks.
    op.execute(
        f"CREATE POLICY operator_reads ON tenants FOR SELECT TO {app}"
        " USING (current_setting('app.operator', true) = 'on')"
    )
    # Erasure takes the sign-in of a person away, too; it names the tenant itself.
    op.execute(f"GRANT SELECT, DELETE ON logins, password_links TO {worker}")


def downgrade() -> None:
    _, worker = roles()
    op.execute(f"REVOKE SELECT, DELETE ON logins, password_links FROM {worker}")
    op.execute("DROP POLICY operator_reads ON tenants")
    op.drop_table("tenant_task_reports")
    op.drop_table("tenant_tasks")
    op.drop_column("tenants", "quotas")
    op.drop_column("tenants", "tax_rounding")
