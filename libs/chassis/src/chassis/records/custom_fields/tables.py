"""The tables of custom field definitions and of the values that lists filter by."""

from sqlalchemy import Boolean, Column, Date, Double, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import enum_column, tenant_column
from chassis.records.custom_fields.domain import FieldType

definitions = Table(
    "custom_field_definitions",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("type", enum_column(FieldType), nullable=False),
    Column("label_zh", Text, nullable=False),
    Column("label_en", Text, nullable=False),
    Column("required", Boolean, nullable=False),
    Column("filterable", Boolean, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("position", Integer, nullable=False),
    Column("max_length", Integer),
    Column("minimum", Text),
    Column("maximum", Text),
    Column("choices", JSONB, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "resource", "key", unique=True),
)

# Kept by a trigger on each resource's table: a row for every value of a filterable field.
custom_values = Table(
    "custom_values",
    metadata,
    tenant_column(),
    Column("resource", Text, primary_key=True),
    Column("record_id", Uuid, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("text_value", Text),
    Column("number_value", Double),
    Column("date_value", Date),
    *(
        Index(
            f"ix_custom_values_{name}",
            "tenant_id",
            "resource",
            "key",
            name,
            "record_id",
            postgresql_where=text(f"{name} IS NOT NULL"),
        )
        for name in ("text_value", "number_value", "date_value")
    ),
)
