"""The table of sessions; of a refresh token it holds only a digest."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import instant
from chassis.database.columns import enum_column, tenant_column
from chassis.database.rows import from_columns, to_columns
from org.database import metadata
from org.sessions.domain import Session, SessionEnd

# Ended sessions stay for a while, so that the audit can be read beside them.
KEPT_FOR: Final = timedelta(days=35)
PRUNED_AT_ONCE: Final = 50

sessions = Table(
    "sessions",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("login", Text, nullable=False, info={"personal": "login"}),
    Column("scope", Text, nullable=False),
    Column("device", Text, info={"personal": "text"}),
    Column("number", Integer, nullable=False),
    Column("token_hash", Text, nullable=False),
    instant("rotated_at"),
    instant("created_at"),
    instant("last_used_at"),
    instant("expires_at"),
    instant("ended_at", nullable=True),
    Column("ended_because", enum_column(SessionEnd)),
    Index(None, "tenant_id", "person_id", "last_used_at"),
    Index(None, "tenant_id", "expires_at"),
)


async def add(tx: AsyncConnection, session: Session) -> None:
    """Insert a session."""
    await tx.execute(insert(sessions).values(to_columns(sessions, session)))


async def save(tx: AsyncConnection, session: Session) -> None:
    """Update a session whose row is locked."""
    values = to_columns(sessions, session)
    await tx.execute(update(sessions).where(sessions.c.id == session.id).values(values))


async def find(tx: AsyncConnection, session_id: UUID) -> Session | None:
    """Return a session and lock its row; None if there is none."""
    query: Select[Any] = select(sessions).where(sessions.c.id == session_id).with_for_update()
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(Session, row._mapping)


async def list_open(
    tx: AsyncConnection, person_id: UUID, *, now: datetime, idle: timedelta, lock: bool = False
) -> Sequence[Session]:
    """Return the sessions of a person that can still be refreshed, the latest used first."""
    columns = sessions.c
    query: Select[Any] = (
        select(sessions)
        .where(columns.person_id == person_id, columns.ended_at.is_(None))
        .where(columns.expires_at > now, columns.last_used_at > now - idle)
        .order_by(columns.last_used_at.desc(), columns.id.desc())
    )
    rows = await tx.execute(query.with_for_update() if lock else query)
    return [from_columns(Session, row) for row in rows.mappings()]


async def prune(tx: AsyncConnection, *, now: datetime) -> None:
    """Delete a few sessions of the tenant that ended or expired long ago, skipping locked ones."""
    columns, before = sessions.c, now - KEPT_FOR
    old: Select[Any] = (
        select(columns.id)
        .where(or_(columns.expires_at < before, columns.ended_at < before))
        .order_by(columns.expires_at)
        .limit(PRUNED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    await tx.execute(delete(sessions).where(columns.id.in_(old)))
