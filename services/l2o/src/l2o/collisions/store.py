"""The table of policies, and the locks of keys."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, Integer, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.columns import uncounted
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from l2o.collisions.domain import CollisionPolicy
from l2o.database import metadata

collision_policies = Table(
    "collision_policies",
    metadata,
    *record_columns(CollisionPolicy, without=("version",)),
    Column("version", Integer, nullable=False, info=uncounted("a tenant has one")),
)
POLICY = RecordType(
    scoped=UnownedResource("l2o.collision_policy", collision_policies),
    entity=CollisionPolicy,
    is_published=False,
)


async def policy_of(tx: AsyncConnection, now: datetime) -> CollisionPolicy:
    """Return the policy of the transaction's tenant; the default one if nobody has set any."""
    row = (await tx.execute(select(collision_policies))).one_or_none()
    if row is not None:
        return from_columns(CollisionPolicy, dict(row._mapping))
    return CollisionPolicy(id=transaction_tenant(), created_at=now, updated_at=now)


async def lock_keys(tx: AsyncConnection, keys: Iterable[str]) -> None:
    """Let one writer at a time create or change accounts with these keys, in their order."""
    for key in keys:
        await lock_key(tx, "l2o.account_key", key)
