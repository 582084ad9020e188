"""The table of reminders and all its SQL."""

from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, lower_case, upper_case
from chassis.records.record_types import RecordType
from kernel.errors import NotFound
from org.database import metadata
from org.reminders.domain import Reminder
from org.reminders.schemas import ReminderOut, reminder_out

reminders = Table(
    "reminders",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("template", JSONB),
    Column("params", JSONB, nullable=False),
    Column("remind_at", DateTime(timezone=True), nullable=False),
    Column("resource", Text),
    Column("record_id", Uuid),
    Column("sent_at", DateTime(timezone=True)),
    Column("settled_at", DateTime(timezone=True)),
    Column("work_epoch", Integer),
    Column("work_sequence", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "owner_id", "id"),
    Index(
        "reminders_of_facts_key",
        "tenant_id",
        "kind",
        "record_id",
        unique=True,
        postgresql_where=text("kind <> 'OWN'"),
    ),
)


def _is_sent(value: bool) -> ColumnElement[bool]:  # noqa: FBT001  # a filter's value
    sent = reminders.c.sent_at.is_not(None)
    return sent if value else ~sent


def _is_waiting(value: bool) -> ColumnElement[bool]:  # noqa: FBT001  # a filter's value
    waiting = reminders.c.sent_at.is_(None) & reminders.c.settled_at.is_(None)
    return waiting if value else ~waiting


REMINDER = RecordType(
    scoped=UnownedResource("org.reminder", reminders), entity=Reminder, is_published=False
)
LISTING = Listing(
    REMINDER.scoped,
    ReminderOut,
    personal="owner_id",
    shape=lambda row: reminder_out(from_columns(Reminder, row)),
    filters=[
        "remind_at",
        "sent_at",
        CodeFilter("resource", lower_case),
        "record_id",
        "created_at",
        CodeFilter("kind", upper_case),
        Filter(name="sent", kind=bool, where=_is_sent),
        Filter(name="waiting", kind=bool, where=_is_waiting),
    ],
    sorts=["remind_at", "created_at"],
)


async def get(
    tx: AsyncConnection, reminder_id: UUID, *, owner_id: str | None, lock: bool = False
) -> Reminder:
    """Return a reminder of the owner. Raises NotFound, also for other people's reminders."""
    is_own = (reminders.c.id == reminder_id) & (reminders.c.owner_id == owner_id)
    reminder = await _one(tx, select(reminders).where(is_own), lock=lock)
    if reminder is None:
        raise NotFound("reminder", reminder_id)
    return reminder


def reminders_of(owner_id: str | None) -> RecordType[Reminder]:
    """Return the record type whose only records are the reminders of an owner."""
    return replace(REMINDER, fetch=partial(get, owner_id=owner_id))


async def find(tx: AsyncConnection, reminder_id: UUID) -> Reminder | None:
    """Lock and return a reminder of any owner, if it exists."""
    return await _one(tx, select(reminders).where(reminders.c.id == reminder_id), lock=True)


async def find_by_record(tx: AsyncConnection, kind: str, record_id: UUID) -> Reminder | None:
    """Lock and return the raised reminder of a record, if there is one."""
    is_raised = (reminders.c.kind == kind) & (reminders.c.record_id == record_id)
    return await _one(tx, select(reminders).where(is_raised), lock=True)


async def _one(tx: AsyncConnection, query: Select[Any], *, lock: bool) -> Reminder | None:
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else from_columns(Reminder, row._mapping)
