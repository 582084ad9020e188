"""Tenant states, quotas, number formats, the files of exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.migration_operations import audited, roles, secure

revision = "backbone_tenants"
down_revision = "backbone_imports"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"
# As the tables' owner, which no policy binds: so they say the tenant aloud, and whoever calls them
# can do nothing else. Append-only history is rewritten to erase a person, and in no other way.
REWRITE = """
CREATE FUNCTION rewrite_row(target text, key jsonb, fresh jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changes text;
    places text;
BEGIN
    SELECT string_agg(format('%1$I = f.%1$I', name), ', ') INTO changes
    FROM jsonb_object_keys(fresh) AS name;
    SELECT coalesce(string_agg(format(' AND t.%1$I = k.%1$I', name), ''), '') INTO places
    FROM jsonb_object_keys(key) AS name;
    EXECUTE format(
        'UPDATE %1$I AS t SET %2$s FROM jsonb_populate_record(NULL::%1$I, $1) AS k,'
        ' jsonb_populate_record(NULL::%1$I, $2) AS f'
        ' WHERE t.tenant_id = current_setting(''app.tenant'')::uuid%3$s',
        target, changes, places) USING key, fresh;
END $$
"""
DELETE = """
CREATE FUNCTION delete_tenant_rows(target text, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    tenant uuid := current_setting('app.tenant')::uuid;
    deleted integer;
BEGIN
    IF NOT EXISTS (SELECT FROM tenant_settings
                   WHERE tenant_id = tenant AND status = 'DELETED') THEN
        RAISE EXCEPTION 'only the rows of a deleted tenant are deleted';
    END IF;
    EXECUTE format(
        'DELETE FROM %1$I WHERE ctid = ANY(ARRAY('
        'SELECT ctid FROM %1$I WHERE tenant_id = $1 LIMIT $2))', target) USING tenant, most;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END $$
"""
FUNCTIONS = ("rewrite_row(text, jsonb, jsonb)", "delete_tenant_rows(text, integer)")
SETTINGS = ("status", "tax_rounding", "quotas")
TABLES = ("number_formats", "tenant_usage", "tenant_exports")


def _tenant() -> sa.Column[object]:
    return sa.Column("tenant_id", sa.Uuid(), server_default=sa.text(CURRENT_TENANT), nullable=False)


def _instant(name: str, *, default: bool = False) -> sa.Column[object]:
    told = sa.text("clock_timestamp()") if default else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=told, nullable=False)


def upgrade() -> None:
    active, line, none = sa.text("'ACTIVE'"), sa.text("'LINE'"), sa.text("'{}'")
    for column in (
        sa.Column("status", sa.Text(), server_default=active, nullable=False),
        sa.Column("tax_rounding", sa.Text(), server_default=line, nullable=False),
        sa.Column("quotas", JSONB(), server_default=none, nullable=False),
    ):
        op.add_column("tenant_settings", column)
    op.create_table(
        "number_formats",
        _tenant(),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("year", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("separator", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _instant("created_at"),
        _instant("updated_at"),
        sa.PrimaryKeyConstraint("tenant_id", "type", name=op.f("number_formats_pkey")),
    )
    op.create_table(
        "tenant_usage",
        _tenant(),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("tenant_usage_pkey")),
    )
    op.create_table(
        "tenant_exports",
        _tenant(),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _instant("created_at", default=True),
        sa.PrimaryKeyConstraint(
            "tenant_id", "task_id", "name", "part", name=op.f("tenant_exports_pkey")
        ),
    )
    op.create_index(op.f("ix_tenant_exports_created_at"), "tenant_exports", ["created_at"])
    secure("number_formats")
    audited(
        "number_formats",
        resource="number_format",
        key="tenant_id",
        part="formats",
        part_key="type",
    )
    secure("tenant_usage")
    secure("tenant_exports", worker_sees_all=True)
    _, worker = roles()
    op.execute(REWRITE)
    op.execute(DELETE)
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {worker}")


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for table in TABLES:
        op.drop_table(table)
    for column in SETTINGS:
        op.drop_column("tenant_settings", column)
