"""The tables of working hours and of the departments that they are assigned to."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    Label,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.backbone_tables import instant
from chassis.database.columns import JsonDocument, enum_column, tenant_column
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from chassis.records.writes import update_row
from contracts.org.events import (
    WorkingHoursChanged,
    WorkingHoursCreated,
    WorkingHoursDeleted,
    WorkingHoursRestored,
)
from kernel.errors import NotFound
from kernel.working_week import OwnWorkingDay, Weekday, WorkingWeek
from org.database import metadata
from org.working_hours.domain import WorkingHours
from org.working_hours.schemas import WorkingHoursOut

working_hours = Table(
    "working_hours",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("timezone", Text),
    Column("week", JsonDocument(WorkingWeek), nullable=False),
    Column("own_days", JsonDocument(tuple[OwnWorkingDay, ...]), nullable=False),
    Column("follows_calendar", Boolean, nullable=False),
    Column("make_up_weekday", enum_column(Weekday), nullable=False),
    Column("is_default", Boolean, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    instant("deleted_at", nullable=True),
    Column("version", Integer, nullable=False),
    Index(
        "ix_working_hours_default", "tenant_id", unique=True, postgresql_where=text("is_default")
    ),
)

# A department has at most one row.
working_hours_departments = Table(
    "working_hours_departments",
    metadata,
    tenant_column(),
    Column("department_id", Uuid, primary_key=True),
    Column("working_hours_id", Uuid, nullable=False),
    Index("ix_working_hours_departments_hours", "tenant_id", "working_hours_id", "department_id"),
)


def _department_ids() -> Label[Any]:
    """Build the column of the assigned departments in the order of their ids."""
    assigned = working_hours_departments.c
    ids = (
        select(assigned.department_id)
        .where(assigned.working_hours_id == working_hours.c.id)
        .order_by(assigned.department_id)
        .correlate(working_hours)
        .scalar_subquery()
    )
    return func.array(ids, type_=ARRAY(Uuid, as_tuple=True)).label("department_ids")


async def _fetch(
    tx: AsyncConnection, hours_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> WorkingHours:
    own = working_hours.c
    if lock:  # in a statement of its own, so that the next one sees the latest commit
        await tx.execute(select(own.id).where(own.id == hours_id).with_for_update())
    query: Select[Any] = select(working_hours, _department_ids()).where(own.id == hours_id)
    if not with_deleted:
        query = query.where(own.deleted_at.is_(None))
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("working_hours", hours_id)
    return from_columns(WorkingHours, row)


async def _fetch_all(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[WorkingHours]:
    own = working_hours.c
    query: Select[Any] = select(working_hours, _department_ids()).where(own.id.in_(ids))
    return [from_columns(WorkingHours, row) for row in (await tx.execute(query)).mappings()]


async def _update(tx: AsyncConnection, before: WorkingHours, hours: WorkingHours) -> WorkingHours:
    saved = await update_row(tx, working_hours, hours, before=before)
    removed = set(before.department_ids) - set(hours.department_ids)
    if removed:
        is_removed = working_hours_departments.c.department_id.in_(removed)
        await tx.execute(delete(working_hours_departments).where(is_removed))
    added = sorted(set(hours.department_ids) - set(before.department_ids))
    if added:
        rows = [{"department_id": one, "working_hours_id": hours.id} for one in added]
        await tx.execute(insert(working_hours_departments), rows)
    return saved


def _assigned_to(department_id: UUID) -> ColumnElement[bool]:
    assigned = working_hours_departments.c
    hours_ids = select(assigned.working_hours_id).where(assigned.department_id == department_id)
    return working_hours.c.id.in_(hours_ids)


WORKING_HOURS = RecordType(
    scoped=UnownedResource("org.working_hours", working_hours),
    entity=WorkingHours,
    created=WorkingHoursCreated,
    changed=WorkingHoursChanged,
    deleted=WorkingHoursDeleted,
    restored=WorkingHoursRestored,
    fetch=_fetch,
    fetch_all=_fetch_all,
    update=_update,
)
LISTING = Listing(
    WORKING_HOURS.scoped,
    WorkingHoursOut,
    entity=WorkingHours,
    filters=[
        "name",
        "created_at",
        "updated_at",
        Filter(name="department_id", kind=UUID, where=_assigned_to),
    ],
    sorts=["name", "created_at", "updated_at"],
    words=["name"],
    extra_columns=[_department_ids()],
)


async def lock_assignments(tx: AsyncConnection) -> None:
    """Lock until the commit: one transaction at a time changes which hours apply where.

    Take this lock before any row lock to avoid deadlocks.
    """
    await lock_key(tx, "org.working_hours")


async def find_default_id(tx: AsyncConnection) -> UUID | None:
    """Return the id of the tenant's default working hours; None if it has none."""
    query = select(working_hours.c.id).where(working_hours.c.is_default)
    found: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def hours_of_departments(
    tx: AsyncConnection, department_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """Return the working hours that are assigned to these departments, by department."""
    assigned = working_hours_departments.c
    query = select(assigned.department_id, assigned.working_hours_id).where(
        assigned.department_id.in_(department_ids)
    )
    return {row.department_id: row.working_hours_id for row in await tx.execute(query)}
