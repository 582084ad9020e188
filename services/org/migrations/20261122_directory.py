"""The directory: tenants, people, service clients and their logins."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.database.columns import CURRENT_TENANT, tenant_column
from chassis.database.migration_operations import roles, secure

revision = "org_20261122"
down_revision = None
branch_labels = ("org",)
depends_on = "backbone_20261122"


def _texts(name: str) -> sa.Column[list[str]]:
    return sa.Column(name, postgresql.ARRAY(sa.Text()), nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "tenants",
        tenant_column(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        _texts("languages"),
        sa.Column("default_tax_rate", sa.Numeric(9, 6), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        _instant("created_at"),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "people",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("username", sa.Text(), nullable=True),
        _texts("scopes"),
        sa.Column("active", sa.Boolean(), nullable=False),
        _instant("created_at"),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "clients",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _texts("scopes"),
        _instant("created_at"),
        _instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_table(
        "logins",
        sa.Column("login", sa.Text(), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(CURRENT_TENANT)),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        _texts("scopes"),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        _instant("failed_at", nullable=True),
    )
    for table in ("tenants", "people", "clients"):
        secure(table)
    # Without a policy: a request for a token has no tenant yet. The worker has no business there.
    app, _worker = roles()
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON logins TO {app}")


def downgrade() -> None:
    for table in ("logins", "clients", "people", "tenants"):
        op.drop_table(table)
