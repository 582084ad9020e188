"""The table of tasks and all its SQL."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
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

from chassis.database.columns import enum_column, tenant_column
from chassis.database.rows import from_columns
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, lower_case, upper_case
from chassis.records.writes import insert_row, update_row
from kernel.errors import NotFound
from org.database import metadata
from org.tasks.domain import Task, TaskState
from org.tasks.schemas import TaskOut

tasks = Table(
    "tasks",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("assignee", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text),
    Column("text", JSONB),
    Column("params", JSONB, nullable=False),
    Column("resource", Text),
    Column("record_id", Uuid),
    Column("due_date", Date),
    sort_column("due_date", Date()),
    Column("state", enum_column(TaskState), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("work_epoch", Integer),
    Column("work_sequence", Integer),
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

LISTING = Listing(
    tasks,
    TaskOut,
    resource="org.task",
    personal="assignee",
    filters=[
        "state",
        CodeFilter("kind", upper_case),
        "due_date",
        CodeFilter("resource", lower_case),
        "record_id",
        "created_at",
        "updated_at",
    ],
    sorts=["due_date", "created_at", "updated_at", "state,due_date"],
)


async def add(tx: AsyncConnection, task: Task) -> None:
    """Insert a task."""
    await insert_row(tx, tasks, task)


async def save(tx: AsyncConnection, task: Task) -> Task:
    """Update a task; return it with its new version. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, tasks, task)


async def get(tx: AsyncConnection, task_id: UUID, *, assignee: str, lock: bool = False) -> Task:
    """Return a task of the assignee. Raises NotFound, also for other people's tasks."""
    query = select(tasks).where(tasks.c.id == task_id, tasks.c.assignee == assignee)
    task = await _one(tx, query, lock=lock)
    if task is None:
        raise NotFound("task", task_id)
    return task


async def find(tx: AsyncConnection, task_id: UUID) -> Task | None:
    """Lock and return a task of any assignee, if it exists."""
    return await _one(tx, select(tasks).where(tasks.c.id == task_id), lock=True)


async def find_by_record(tx: AsyncConnection, kind: str, record_id: UUID) -> Task | None:
    """Lock and return the raised task of a record, if there is one."""
    query = select(tasks).where(tasks.c.kind == kind, tasks.c.record_id == record_id)
    return await _one(tx, query, lock=True)


async def _one(tx: AsyncConnection, query: Select[Any], *, lock: bool) -> Task | None:
    row = (await tx.execute(query.with_for_update() if lock else query)).one_or_none()
    return None if row is None else from_columns(Task, row._mapping)


def open_and_due_before(day: date) -> list[ColumnElement[bool]]:
    """Build the conditions for open tasks that were due before a day."""
    return [tasks.c.state == TaskState.OPEN, tasks.c.due_date < day]
