"""Audit entries, external ids, custom fields."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import audited, roles, secure, unaudited
from chassis.records.audit import functions
from chassis.records.custom_fields import functions as custom_values

revision = "backbone_writes"
down_revision = "backbone_lists"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _audit()
    _external_ids()
    _custom_fields()
    audited("record_grants", resource="@resource", key="record_id", part="record_grants")


def downgrade() -> None:
    for statement in custom_values.DROP_CUSTOM_VALUES_TRIGGER:
        op.execute(statement)
    op.drop_table("custom_values")
    op.drop_table("custom_field_definitions")
    op.drop_table("external_ids")
    unaudited("record_grants")
    op.execute(functions.DROP_AUDIT_TRIGGER)
    op.drop_table("audit_entries")


def _audit() -> None:
    op.create_table(
        "audit_entries",
        tenant_column(),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, cache=1), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text()),
        sa.Column("part_id", sa.Text()),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
        sa.Column("actor", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("changes", JSONB(), nullable=False),
        sa.Column("request_id", sa.Text()),
        sa.Column("origin", sa.Text()),
        sa.Column("trace_id", sa.Text()),
    )
    op.create_index(
        "ix_audit_entries_tenant_id_resource_record_id_id",
        "audit_entries",
        ["tenant_id", "resource", "record_id", "id"],
    )
    secure("audit_entries", append_only=True)
    app, worker = roles()
    op.execute(f"REVOKE INSERT ON audit_entries FROM {app}, {worker}")  # the trigger's alone
    op.execute(functions.CREATE_AUDIT_TRIGGER)
    op.execute("REVOKE ALL ON FUNCTION audit_row() FROM PUBLIC")  # triggers need no such right


def _external_ids() -> None:
    op.create_table(
        "external_ids",
        tenant_column(),
        sa.Column("resource", sa.Text(), primary_key=True),
        sa.Column("system", sa.Text(), primary_key=True),
        sa.Column("external_id", sa.Text(), primary_key=True),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("source_updated_at", sa.DateTime(timezone=True)),
        _created_at(),
    )
    op.create_index(
        "ix_external_ids_tenant_id_resource_record_id",
        "external_ids",
        ["tenant_id", "resource", "record_id"],
    )
    secure("external_ids")
    audited(
        "external_ids",
        resource="@resource",
        key="record_id",
        part="external_ids",
        part_key="external_id",
    )


def _created_at() -> sa.Column[Any]:
    return sa.Column(
        "created_at",
        sa.DateTime(timezone=True),
        nullable=False,
        server_default=sa.text("clock_timestamp()"),
    )


def _custom_fields() -> None:
    op.create_table(
        "custom_field_definitions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("filterable", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("max_length", sa.Integer()),
        sa.Column("minimum", sa.Text()),
        sa.Column("maximum", sa.Text()),
        sa.Column("choices", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    op.create_index(
        "ix_custom_field_definitions_tenant_id_resource_key",
        "custom_field_definitions",
        ["tenant_id", "resource", "key"],
        unique=True,
    )
    secure("custom_field_definitions")
    audited("custom_field_definitions", resource="custom_field")
    _custom_values()


def _custom_values() -> None:
    op.create_table(
        "custom_values",
        tenant_column(),
        sa.Column("resource", sa.Text(), primary_key=True),
        sa.Column("record_id", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True),
        sa.Column("text_value", sa.Text()),
        sa.Column("number_value", sa.Double()),
        sa.Column("date_value", sa.Date()),
    )
    for name in ("text_value", "number_value", "date_value"):
        op.create_index(
            f"ix_custom_values_{name}",
            "custom_values",
            ["tenant_id", "resource", "key", name, "record_id"],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    secure("custom_values")
    for statement in custom_values.CREATE_CUSTOM_VALUES_TRIGGER:
        op.execute(statement)
