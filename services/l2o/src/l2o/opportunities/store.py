"""The tables of opportunities and their stage history, and all SQL on them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import JsonDocument, enum_column, money_columns, tenant_column
from chassis.database.rows import from_columns, is_one_of, to_columns
from chassis.records.access.visibility import Access, ScopedResource, Visibility, is_visible
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from chassis.records.work.follow_ups import FollowUp
from contracts.l2o.events import (
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityDeleted,
    OpportunityOpened,
    OpportunityRestored,
)
from contracts.work import TaskKind
from kernel.records import ExternalRef
from l2o.database import metadata
from l2o.opportunities.domain import CLOSED_STAGES, FunnelRow, Opportunity, Stage, StageChange
from l2o.opportunities.schemas import OpportunityOut

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
    sort_column("amount", Double()),
    Column("expected_close_date", Date),
    sort_column("expected_close_date", Date()),
    Column("product_id", Uuid),
    Column("engaged_date", Date),
    sort_column("engaged_date", Date()),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("lost_reason", Text),
    Column("closed_at", DateTime(timezone=True)),
    Column("closed_date", Date),
    sort_column("closed_date", Date()),
    Column("order_id", Uuid),
    Column("order_no", Text),
    Column("last_activity_at", DateTime(timezone=True)),
    sort_column("last_activity_at", DateTime(timezone=True)),
    Column("owner_id", Text),
    Column("external_ids", JsonDocument(tuple[ExternalRef, ...]), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "account_id", "id"),
    Index(None, "tenant_id", "stage", "id"),
    Index(None, "tenant_id", "owner_id", "id"),
)

_IN_ACCOUNT: Final = ("l2o.account", "account_id")
OPPORTUNITIES = ScopedResource(
    "l2o.opportunity",
    opportunities,
    part_of=_IN_ACCOUNT,
    seen_with=(_IN_ACCOUNT,),
)
FOLLOW_UP: Final = TaskKind(
    "WORK_OPPORTUNITY", zh="跟进商机 {name}", en="Follow up on opportunity {name}"
)
OPPORTUNITY = RecordType(
    scoped=OPPORTUNITIES,
    entity=Opportunity,
    created=OpportunityOpened,
    changed=OpportunityChanged,
    deleted=OpportunityDeleted,
    restored=OpportunityRestored,
    assigned=OpportunityAssigned,
    follow_up=FollowUp(
        kind=FOLLOW_UP,
        is_open=lambda opportunity: opportunity.stage not in CLOSED_STAGES,
        due_date=lambda opportunity: opportunity.expected_close_date,
    ),
)
LISTING = Listing(
    OPPORTUNITIES,
    OpportunityOut,
    entity=Opportunity,
    filters=[
        "stage",
        "owner_id",
        "account_id",
        "contact_id",
        "lead_id",
        "product_id",
        "order_id",
        "name",
        "amount",
        "expected_close_date",
        "engaged_date",
        "closed_date",
        "last_activity_at",
        "created_at",
        "updated_at",
    ],
    sorts=[
        "created_at",
        "updated_at",
        "name",
        "amount",
        "expected_close_date",
        "engaged_date",
        "closed_date",
        "last_activity_at",
        "stage,expected_close_date",
    ],
    words=["name"],
    custom=custom_conditions,
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


async def lock_many(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Opportunity]:
    """Read the opportunities that exist, with deleted ones, and lock them in the order of ids."""
    has_id = is_one_of(opportunities.c.id, ids)
    query = select(opportunities).where(has_id).order_by(opportunities.c.id).with_for_update()
    rows = (await tx.execute(query)).mappings()
    return {row["id"]: from_columns(Opportunity, dict(row)) for row in rows}


async def raise_last_activity(tx: AsyncConnection, opportunity_id: UUID, at: datetime) -> None:
    """Write the time of the last activity, unless that of a later one is there."""
    c = opportunities.c
    is_earlier = or_(c.last_activity_at.is_(None), c.last_activity_at < at)
    later = update(opportunities).where(c.id == opportunity_id, is_earlier)
    await tx.execute(later.values(last_activity_at=at))


async def save_last_activity(
    tx: AsyncConnection, opportunity_id: UUID, at: datetime | None
) -> None:
    """Write the time of the last activity; the caller has locked the account's row."""
    mine = update(opportunities).where(opportunities.c.id == opportunity_id)
    await tx.execute(mine.values(last_activity_at=at))


async def filter_visible(
    tx: AsyncConnection, ids: Collection[UUID], visibility: Visibility, access: Access = Access.READ
) -> set[UUID]:
    """The ids that a caller with this visibility may read, or with another `access` change."""
    if visibility.everything:
        return set(ids)
    has_id = is_one_of(opportunities.c.id, ids)
    query = select(opportunities.c.id).where(has_id, is_visible(OPPORTUNITIES, visibility, access))
    return set((await tx.execute(query)).scalars())


async def open_ids_of_owner(tx: AsyncConnection, account_id: UUID, owner_id: str) -> list[UUID]:
    """Return the ids of the open opportunities of an account that a person owns."""
    query = select(opportunities.c.id).where(
        *_is_open_of(account_id), opportunities.c.owner_id == owner_id
    )
    return list((await tx.execute(query)).scalars())


async def count_open_hidden(tx: AsyncConnection, account_id: UUID, visibility: Visibility) -> int:
    """Count the open opportunities of an account that are not visible."""
    hidden = ~is_visible(OPPORTUNITIES, visibility)
    query = select(func.count()).where(*_is_open_of(account_id), hidden)
    count: int = (await tx.execute(query)).scalar_one()
    return count


def _is_open_of(account_id: UUID) -> tuple[ColumnElement[bool], ...]:
    columns = opportunities.c
    is_open = columns.stage.not_in(sorted(CLOSED_STAGES))
    return columns.account_id == account_id, columns.deleted_at.is_(None), is_open


async def add_stage_changes(tx: AsyncConnection, changes: Sequence[StageChange]) -> None:
    """Append rows to the stage history."""
    if changes:
        rows = [to_columns(stage_changes, change) for change in changes]
        await tx.execute(insert(stage_changes), rows)


async def get_funnel(
    tx: AsyncConnection, list_query: ListQuery, visibility: Visibility
) -> list[FunnelRow]:
    """Count and sum the opportunities of a list, by stage and currency."""
    columns = opportunities.c
    query = (
        select(
            columns.stage,
            columns.amount_currency.label("currency"),
            func.count().label("count"),
            func.sum(columns.amount).label("amount"),
        )
        .where(*await LISTING.conditions(tx, list_query, visibility))
        .group_by(columns.stage, columns.amount_currency)
        .order_by(columns.amount_currency)
    )
    return [FunnelRow(**row) for row in (await tx.execute(query)).mappings()]


def history_query(opportunity_id: UUID) -> Select[Any]:
    """A query for the stage history of an opportunity; the caller pages it."""
    return select(stage_changes).where(stage_changes.c.opportunity_id == opportunity_id)
