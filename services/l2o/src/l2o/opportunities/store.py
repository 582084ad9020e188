"""The tables of opportunities and all their SQL."""

from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Index, Integer, Select, Table, Text, Uuid, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import enum_column, tenant_column
from chassis.rows import fetch_row, insert_row, money_columns, update_row
from l2o.database import metadata
from l2o.opportunities.domain import Opportunity, Stage, StageChange

opportunities = Table(
    "opportunities",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, nullable=False),
    Column("contact_id", Uuid),
    Column("lead_id", Uuid),
    Column("name", Text, nullable=False),
    Column("stage", enum_column(Stage), nullable=False),
    *money_columns("amount", nullable=True),
    Column("expected_close_date", Date),
    Column("product_id", Uuid),
    Column("engaged_date", Date),
    Column("lost_reason", Text),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_date", Date),
    Column("order_id", Uuid),
    Column("owner_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "account_id", "id"),
    Index(None, "tenant_id", "stage", "id"),
    Index(None, "tenant_id", "owner_id", "id"),
)

stage_changes = Table(
    "stage_changes",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, nullable=False),
    Column("from_stage", enum_column(Stage)),
    Column("to_stage", enum_column(Stage), nullable=False),
    Column("reason", Text),
    Column("actor", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Index(None, "tenant_id", "opportunity_id", "id"),
)


async def get(
    tx: AsyncConnection, opportunity_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> Opportunity:
    """Raises NotFound."""
    return await fetch_row(
        tx, opportunities, opportunity_id, Opportunity, lock=lock, with_deleted=with_deleted
    )


async def add(tx: AsyncConnection, opportunity: Opportunity) -> None:
    await insert_row(tx, opportunities, opportunity)


async def save(tx: AsyncConnection, opportunity: Opportunity) -> Opportunity:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, opportunities, opportunity)


async def add_change(tx: AsyncConnection, change: StageChange) -> None:
    await insert_row(tx, stage_changes, change)


def listed(**equal: object) -> Select[Any]:
    """The opportunities with these values, None meaning any, as a query for a page."""
    query = select(opportunities).where(opportunities.c.deleted_at.is_(None))
    for name, value in equal.items():
        if value is not None:
            query = query.where(opportunities.c[name] == value)
    return query


def history(opportunity_id: UUID) -> Select[Any]:
    """The stages an opportunity went through, as a query for a page."""
    return select(stage_changes).where(stage_changes.c.opportunity_id == opportunity_id)
