"""The table of claims, the list of what waits in a pool, and their SQL."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, DateTime, Index, Table, Text, Uuid, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from kernel.ids import new_id
from mtl.claims.schemas import PoolLeadOut
from mtl.database import metadata
from mtl.leads.domain.lead import Lead
from mtl.leads.store import leads

# Every claim, also of a lead that was returned: the limits count claims.
lead_claims = Table(
    "lead_claims",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("pool_id", Uuid, nullable=False),
    Column("claimed_by", Text, nullable=False),
    Column("claimed_at", DateTime(timezone=True), nullable=False),
    Column("claimed_on", Date, nullable=False),
    Index(None, "tenant_id", "claimed_by", "claimed_on"),
    Index(None, "tenant_id", "lead_id", "id"),
)

# Members see the leads of a pool here and nowhere else: every other list and route of leads knows
# owners, managers and admins only. Without `q`, whose words would find what is hidden.
LISTING = Listing(
    leads,
    PoolLeadOut,
    resource="mtl.pool_lead",
    collection="pool-leads",
    entity=Lead,
    filters=[
        "status",
        "grade",
        "score",
        "source",
        "industry",
        CodeFilter("region_code", upper_case),
        "company",
        "created_at",
    ],
    sorts=["created_at", "score", "company"],
    technical=True,
)


async def add_claims(
    tx: AsyncConnection, lead_ids: Sequence[UUID], *, pool_id: UUID, by: str, at: Any, day: date
) -> None:
    """Record that a person claimed these leads."""
    claim = {"pool_id": pool_id, "claimed_by": by, "claimed_at": at, "claimed_on": day}
    rows = [{"id": new_id(), "lead_id": lead_id, **claim} for lead_id in lead_ids]
    await tx.execute(insert(lead_claims), rows)


async def claims_on(tx: AsyncConnection, person: str, day: date) -> Mapping[UUID, int]:
    """Return how many leads a person claimed on a day, by pool."""
    c = lead_claims.c
    query = select(c.pool_id, func.count()).where(c.claimed_by == person, c.claimed_on == day)
    return {pool_id: number for pool_id, number in await tx.execute(query.group_by(c.pool_id))}
