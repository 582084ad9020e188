"""The tables of notifications and all their SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, lower_case, upper_case
from chassis.records.writes import insert_row, update_row
from kernel.errors import NotFound
from org.database import metadata
from org.notifications.domain import Notification
from org.notifications.schemas import NotificationOut

notifications = Table(
    "notifications",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", JSONB, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("resource", Text),
    Column("record_id", Uuid),
    Column("read_at", DateTime(timezone=True)),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "recipient", "id"),
    Index(None, "tenant_id", "recipient", "kind", "id"),
    Index(
        "ix_notifications_unread",
        "tenant_id",
        "recipient",
        "id",
        postgresql_where=text("read_at IS NULL"),
    ),
)

# Only kinds that somebody switched off or on again; a kind without a row is on.
notification_preferences = Table(
    "notification_preferences",
    metadata,
    tenant_column(),
    Column("recipient", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("in_app", Boolean, nullable=False),
)


async def add(tx: AsyncConnection, notification: Notification) -> None:
    """Insert a notification."""
    await insert_row(tx, notifications, notification)


async def get(tx: AsyncConnection, notification_id: UUID, *, recipient: str) -> Notification:
    """Lock and return a notification. Raises NotFound, also for other people's notifications."""
    query: Select[Any] = _of_recipient(recipient).where(notifications.c.id == notification_id)
    row = (await tx.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise NotFound("notification", notification_id)
    return from_columns(Notification, row._mapping)


async def save(tx: AsyncConnection, notification: Notification) -> Notification:
    """Update a notification; return it with its new version. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, notifications, notification)


def _of_recipient(recipient: str) -> Select[Any]:
    return select(notifications).where(notifications.c.recipient == recipient)


def _is_unread(value: bool = True) -> ColumnElement[bool]:  # noqa: FBT001, FBT002  # a filter's value
    unread = notifications.c.read_at.is_(None)
    return unread if value else ~unread


LISTING = Listing(
    notifications,
    NotificationOut,
    resource="org.notification",
    personal="recipient",
    filters=[
        CodeFilter("kind", upper_case),
        CodeFilter("resource", lower_case),
        "record_id",
        "created_at",
        Filter(name="unread", kind=bool, where=_is_unread),
    ],
    sorts=["created_at"],
)


async def count_unread(tx: AsyncConnection, recipient: str) -> int:
    """Count the unread notifications of the recipient."""
    query = select(func.count()).select_from(
        _of_recipient(recipient).where(_is_unread()).subquery()
    )
    return (await tx.execute(query)).scalar_one()


async def read_all(tx: AsyncConnection, recipient: str, *, now: datetime) -> int:
    """Mark all notifications of the recipient as read; return how many were unread."""
    columns = notifications.c
    marked = await tx.execute(
        update(notifications)
        .where(columns.recipient == recipient, columns.read_at.is_(None))
        .values(read_at=now, version=columns.version + 1)
    )
    return marked.rowcount


async def list_after(
    tx: AsyncConnection, recipient: str, last: UUID, *, limit: int
) -> Sequence[Notification]:
    """Return the recipient's notifications with ids after `last`, the oldest first."""
    query = _of_recipient(recipient).where(notifications.c.id > last)
    rows = await tx.execute(query.order_by(notifications.c.id).limit(limit))
    return [from_columns(Notification, row._mapping) for row in rows]


async def stored_preferences(tx: AsyncConnection, recipient: str) -> Mapping[str, bool]:
    """Return the kinds that the recipient switched on or off."""
    columns = notification_preferences.c
    rows = await tx.execute(
        select(columns.kind, columns.in_app).where(columns.recipient == recipient)
    )
    return {row.kind: row.in_app for row in rows}


async def save_preference(tx: AsyncConnection, recipient: str, kind: str, *, in_app: bool) -> None:
    """Insert or replace the recipient's preference for a kind."""
    row = insert(notification_preferences).values(recipient=recipient, kind=kind, in_app=in_app)
    await tx.execute(
        row.on_conflict_do_update(
            index_elements=["tenant_id", "recipient", "kind"], set_={"in_app": in_app}
        )
    )
