"""The table of tasks and all its SQL."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
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

from chassis.db import enum_column, tenant_column
from chassis.rows import from_columns, insert_row, update_row
from kernel.errors import NotFound
from org.database import metadata
from org.tasks.domain import Task, TaskKind, TaskState

tasks = Table(
    "tasks",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("assignee", Text, nullable=False),
    Column("kind", enum_column(TaskKind), nullable=False),
    Column("title", Text),
    Column("params", JSONB, nullable=False),
    Column("resource", Text),
    Column("record_id", Uuid),
    Column("due_date", Date),
    Column("state", enum_column(TaskState), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "assignee", "id"),
    Index(None, "tenant_id", "assignee", "state", "due_date", "id"),
    Index(
        "tasks_of_facts_key",
        "tenant_id",
        "kind",
        "record_id",
        unique=True,
        postgresql_where=text("kind <> 'OWN'"),
    ),
)


async def add(tx: AsyncConnection, task: Task) -> None:
    await insert_row(tx, tasks, task)


async def save(tx: AsyncConnection, task: Task) -> Task:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, tasks, task)


async def get(tx: AsyncConnection, task_id: UUID, *, assignee: str, lock: bool = False) -> Task:
    """Raises NotFound, also for those of others."""
    query = select(tasks).where(tasks.c.id == task_id, tasks.c.assignee == assignee)
    found = await _one(tx, query, lock=lock)
    if found is None:
        raise NotFound("task", task_id)
    return found


async def find(tx: AsyncConnection, task_id: UUID) -> Task | None:
    """Whoever has it to do; locked."""
    return await _one(tx, select(tasks).where(tasks.c.id == task_id), lock=True)


async def of_fact(tx: AsyncConnection, kind: TaskKind, record_id: UUID) -> Task | None:
    """The task that a fact has made of a record; locked."""
    query = select(tasks).where(tasks.c.kind == kind, tasks.c.record_id == record_id)
    return await _one(tx, query, lock=True)


async def _one(tx: AsyncConnection, query: Select[Any], *, lock: bool) -> Task | None:
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else from_columns(Task, row._mapping)


def listed(
    assignee: str,
    *,
    state: TaskState | None,
    kind: TaskKind | None,
    due_before: date | None,
) -> Select[Any]:
    """Somebody's tasks, as a query for a page; those of `due_before` are due before that day."""
    query = select(tasks).where(tasks.c.assignee == assignee)
    if state is not None:
        query = query.where(tasks.c.state == state)
    if kind is not None:
        query = query.where(tasks.c.kind == kind)
    if due_before is not None:
        query = query.where(tasks.c.due_date < due_before)
    return query
