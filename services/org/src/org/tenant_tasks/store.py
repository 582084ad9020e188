"""The tables of tenant tasks and reports.

A task belongs to the tenant that requested it, so an operator's task outlives the deleted tenant.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, Select, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import instant
from chassis.database.columns import JsonDocument, enum_column, filter_indexes, tenant_column
from chassis.database.rows import fetch_row, from_columns
from chassis.records.lists.listing import Listing
from chassis.records.writes import insert_row
from contracts.tenant_tasks import PersonData
from org.database import metadata
from org.tenant_tasks.domain import TenantTask, TenantTaskFinding, TenantTaskKind, TenantTaskReport
from org.tenant_tasks.schemas import TenantTaskSummary

LISTED_BY = ("kind", "target_id", "requested_by", "created_at")
tenant_tasks = Table(
    "tenant_tasks",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("target_id", Uuid, nullable=False),
    Column("kind", enum_column(TenantTaskKind), nullable=False),
    Column("requested_by", Text),
    instant("created_at"),
    Column("version", Integer, nullable=False),
    *filter_indexes(*LISTED_BY),
)

tenant_task_reports = Table(
    "tenant_task_reports",
    metadata,
    tenant_column(),
    Column("task_id", Uuid, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("tables", JSONB, nullable=False),
    Column("notes", JSONB, nullable=False),
    instant("finished_at"),
)

# What the services found of a person to erase, until all of them have reported.
tenant_task_findings = Table(
    "tenant_task_findings",
    metadata,
    tenant_column(),
    Column("task_id", Uuid, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("person", JsonDocument(PersonData), nullable=False),
)


async def add(tx: AsyncConnection, task: TenantTask) -> None:
    """Insert a task."""
    await insert_row(tx, tenant_tasks, task)


async def get(tx: AsyncConnection, task_id: UUID, *, lock: bool = False) -> TenantTask:
    """Return a task, locked on request. Raises NotFound."""
    return await fetch_row(tx, tenant_tasks, task_id, TenantTask, lock=lock)


async def find_latest(
    tx: AsyncConnection, target_id: UUID, kind: TenantTaskKind
) -> TenantTask | None:
    """Return the latest such task for a tenant that the transaction's tenant requested."""
    columns = tenant_tasks.c
    is_match = (columns.target_id == target_id) & (columns.kind == kind)
    query: Select[Any] = select(tenant_tasks).where(is_match).order_by(columns.id.desc()).limit(1)
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else from_columns(TenantTask, row)


async def add_report(tx: AsyncConnection, report: TenantTaskReport) -> None:
    """Insert a report unless the service has reported already."""
    insertion = insert(tenant_task_reports).values(asdict(report))
    await tx.execute(insertion.on_conflict_do_nothing())


async def list_reports(tx: AsyncConnection, task_id: UUID) -> Sequence[TenantTaskReport]:
    """Return the reports on a task, by service."""
    columns = tenant_task_reports.c
    query = select(tenant_task_reports).where(columns.task_id == task_id).order_by(columns.service)
    return [from_columns(TenantTaskReport, dict(row._mapping)) for row in await tx.execute(query)]


async def add_finding(tx: AsyncConnection, finding: TenantTaskFinding) -> None:
    """Insert what a service found unless it has reported already."""
    values = {
        "task_id": finding.task_id,
        "service": finding.service,
        "person": finding.person,
    }
    await tx.execute(insert(tenant_task_findings).values(values).on_conflict_do_nothing())


async def list_findings(tx: AsyncConnection, task_id: UUID) -> Sequence[TenantTaskFinding]:
    """Return what the services found for a task."""
    columns = tenant_task_findings.c
    query = select(tenant_task_findings).where(columns.task_id == task_id)
    rows = (await tx.execute(query.order_by(columns.service))).mappings()
    return [from_columns(TenantTaskFinding, dict(row)) for row in rows]


async def delete_findings(tx: AsyncConnection, task_id: UUID) -> None:
    """Delete what the services found for a task."""
    is_found = tenant_task_findings.c.task_id == task_id
    await tx.execute(tenant_task_findings.delete().where(is_found))


LISTING = Listing(
    tenant_tasks,
    TenantTaskSummary,
    resource="org.tenant_task",
    filters=LISTED_BY,
    sorts=["created_at"],
    technical=True,
)
