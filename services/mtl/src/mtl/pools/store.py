"""The table of pools and all SQL on it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from contracts.mtl.events import PoolChanged, PoolCreated, PoolDeleted, PoolRestored
from mtl.database import metadata
from mtl.pools.domain import Pool
from mtl.pools.schemas import PoolOut

MAX_POOLS: Final = 1000  # that a tenant's members are looked up in

pools = Table("pools", metadata, *record_columns(Pool))
POOL = RecordType(
    scoped=UnownedResource("mtl.pool", pools),
    entity=Pool,
    created=PoolCreated,
    changed=PoolChanged,
    deleted=PoolDeleted,
    restored=PoolRestored,
)
LISTING = Listing(
    POOL.scoped,
    PoolOut,
    entity=Pool,
    filters=["name", "active", "created_at", "updated_at"],
    sorts=["name", "created_at", "updated_at"],
    words=["name"],
    custom=custom_conditions,
)


async def pools_with(tx: AsyncConnection, person_id: UUID) -> Sequence[Pool]:
    """Return the pools that a person is a member or an admin of by themselves, by id."""
    query = select(pools).where(pools.c.deleted_at.is_(None)).order_by(pools.c.id)
    rows = (await tx.execute(query.limit(MAX_POOLS))).mappings()
    return [one for one in (from_columns(Pool, dict(row)) for row in rows) if one.has(person_id)]


async def active_pools(tx: AsyncConnection) -> Sequence[Pool]:
    """Return the pools from which leads can be claimed, in the order of their names."""
    query = select(pools).where(pools.c.active, pools.c.deleted_at.is_(None))
    rows = await tx.execute(query.order_by(pools.c.name, pools.c.id).limit(MAX_POOLS))
    return [from_columns(Pool, dict(row)) for row in rows.mappings()]


async def is_active_pool(tx: AsyncConnection, pool_id: UUID) -> bool:
    """Return whether leads can be put into this pool."""
    query = select(pools.c.id).where(
        pools.c.id == pool_id, pools.c.active, pools.c.deleted_at.is_(None)
    )
    return (await tx.execute(query)).one_or_none() is not None
