"""External ids, and custom fields with the values that lists filter by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import custom_values_trigger
from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, own_service, secure

TABLES = (
    "external_ids",
    "custom_field_definitions",
    "custom_values",
)


def create() -> None:
    """Create the tables of this topic."""
    _external_ids()
    _custom_field_definitions()
    _custom_values()


def drop() -> None:
    """Drop what `create` has made."""
    for table in reversed(TABLES):
        op.drop_table(table)
    for statement in custom_values_trigger.DROP_CUSTOM_VALUES_TRIGGER:
        op.execute(statement)


def _external_ids() -> None:
    """A record's ids in other systems."""
    op.create_table(
        "external_ids",
        tenant_column(),
        sa.Column("resource", sa.Text(), primary_key=True),
        sa.Column("system", sa.Text(), primary_key=True),
        sa.Column("external_id", sa.Text(), primary_key=True),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        instant("source_updated_at", nullable=True),
        instant("created_at", default=True),
    )
    index("external_ids", "tenant_id", "resource", "record_id")
    secure("external_ids")
    audited(
        "external_ids",
        resource="@resource",
        key="record_id",
        part="external_ids",
        part_key="external_id",
    )


def _custom_field_definitions() -> None:
    """The custom fields that a tenant has defined for a resource."""
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
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("custom_field_definitions", "tenant_id", "resource", "key", unique=True)
    for column in ("resource", "type", "active", "position"):
        index("custom_field_definitions", "tenant_id", column, "id")
    secure("custom_field_definitions")
    audited("custom_field_definitions", resource=f"{own_service()}.custom_field")


def _custom_values() -> None:
    """The values of filterable custom fields, one row per value, kept by triggers."""
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
        index(
            "custom_values",
            *("tenant_id", "resource", "key", name, "record_id"),
            where=f"{name} IS NOT NULL",
            name=f"ix_custom_values_{name}",
        )
    secure("custom_values")
    for statement in custom_values_trigger.CREATE_CUSTOM_VALUES_TRIGGER:
        op.execute(statement)
