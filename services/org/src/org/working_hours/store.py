"""The tables of working hours and of the departments that they are assigned to."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Label,
    Table,
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
from chassis.database.columns import tenant_column
from chassis.database.record_columns import record_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
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
from org.database import metadata
from org.working_hours.domain import WorkingHours
from org.working_hours.schemas import WorkingHoursOut

working_hours = Table(
    "working_hours",
    metadata,
    *record_columns(WorkingHours, without=("department_ids",)),
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
    columns=[_department_ids()],
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
    extra_columns=WORKING_HOURS.columns,
    custom=custom_conditions,
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
