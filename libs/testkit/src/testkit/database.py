"""The tables of the sample service that the chassis is tested with."""

from enum import StrEnum

from sqlalchemy import Column, Date, DateTime, Double, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import (
    enum_column,
    money_columns,
    new_metadata,
    replica_columns,
    tenant_column,
)
from chassis.records.lists.columns import sort_column

metadata = new_metadata()


class Stage(StrEnum):
    """The stages of a card."""

    TO_DO = "TO_DO"
    DOING = "DOING"
    DONE = "DONE"


notes = Table(
    "notes",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("version", Integer, nullable=False),
)

# A replica of another service's notes.
note_copies = Table(
    "note_copies", metadata, *replica_columns(), Column("text", Text, nullable=False)
)

# A resource that uses all of the chassis: owners, lists, custom fields, soft deletion.
cards = Table(
    "cards",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("title", Text, nullable=False),
    Column("board_id", Uuid),
    Column("stage", enum_column(Stage), nullable=False),
    *money_columns("amount", nullable=True),
    sort_column("amount", Double()),
    Column("due_date", Date),
    sort_column("due_date", Date()),
    Column("owner_id", Text),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)
