"""The tables of a tenant's settings, document numbers, limits and data exports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, own_service, roles, secure

TABLES = (
    "tenant_settings",
    "document_numbers",
    "number_formats",
    "tenant_usage",
    "tenant_exports",
)

# These functions run as the owner of the tables, whom no policy binds; therefore they compare the
# tenant themselves, and only the worker may call them. `rewrite_row` changes append-only history,
# to erase a person (of an event nothing but its payload); `delete_tenant_rows` deletes the rows of
# a deleted tenant in portions.
REWRITE = """
CREATE FUNCTION rewrite_row(target text, key jsonb, fresh jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changes text;
    places text;
BEGIN
    IF target = 'outbox' AND fresh - 'payload' <> '{}' THEN
        RAISE EXCEPTION 'only the payload of an event is rewritten';
    END IF;
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


def create() -> None:
    """Create the tables of this topic."""
    _tenant_settings()
    _document_numbers()
    _number_formats()
    _tenant_usage()
    _tenant_exports()
    _functions()


def drop() -> None:
    """Drop what `create` has made."""
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    for table in reversed(TABLES):
        op.drop_table(table)


def _tenant_settings() -> None:
    """This service's copy of the tenant's settings, status and quotas."""
    op.create_table(
        "tenant_settings",
        tenant_column(),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("country", sa.Text()),
        sa.Column("languages", JSONB(), nullable=False),
        sa.Column("default_tax_rate", sa.Numeric(9, 6), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'ACTIVE'")),
        sa.Column("tax_rounding", sa.Text(), nullable=False, server_default=sa.text("'LINE'")),
        sa.Column(
            "separate_resources",
            ARRAY(sa.Text()),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
        sa.Column(
            "transferred_along",
            ARRAY(sa.Text()),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
        sa.Column("quotas", JSONB(), nullable=False, server_default=sa.text("'{}'")),
    )
    secure("tenant_settings")


def _document_numbers() -> None:
    """The last document number given out, by type and year."""
    op.create_table(
        "document_numbers",
        tenant_column(),
        sa.Column("type", sa.Text(), primary_key=True),
        sa.Column("year", sa.Integer(), primary_key=True),
        sa.Column("last", sa.BigInteger(), nullable=False),
    )
    secure("document_numbers")


def _number_formats() -> None:
    """How the documents of a type are numbered."""
    op.create_table(
        "number_formats",
        tenant_column(),
        sa.Column("type", sa.Text(), primary_key=True),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("year", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("separator", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        instant("created_at"),
        instant("updated_at"),
    )
    secure("number_formats")
    audited(
        "number_formats",
        resource=f"{own_service()}.number_format",
        key="tenant_id",
        part="formats",
        part_key="type",
    )


def _tenant_usage() -> None:
    """How many records a tenant with a limit has."""
    op.create_table(
        "tenant_usage",
        tenant_column(),
        sa.Column("rows", sa.BigInteger(), nullable=False),
    )
    secure("tenant_usage")


def _tenant_exports() -> None:
    """The files of a tenant's data export, until they are pruned."""
    op.create_table(
        "tenant_exports",
        tenant_column(),
        sa.Column("task_id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        instant("created_at", default=True),
    )
    index("tenant_exports", "created_at")
    secure("tenant_exports", worker_sees_all=True, app="SELECT")


def _functions() -> None:
    """Let the worker erase persons and delete tenants."""
    _app, worker = roles()
    op.execute(REWRITE)
    op.execute(DELETE)
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {worker}")
