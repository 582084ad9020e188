"""The table of policies, and the locks of keys."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from chassis.records.tenant_records import tenant_record_columns, tenant_record_of
from l2o.collisions.domain import CollisionPolicy
from l2o.database import metadata

collision_policies = Table(
    "collision_policies",
    metadata,
    *tenant_record_columns(CollisionPolicy),
)
POLICY = RecordType(
    scoped=UnownedResource("l2o.collision_policy", collision_policies),
    entity=CollisionPolicy,
    is_published=False,
)


async def policy_of(tx: AsyncConnection, now: datetime) -> CollisionPolicy:
    """Return the policy of the transaction's tenant; the default one if nobody has set any."""
    return await tenant_record_of(tx, POLICY, now=now)


async def lock_keys(tx: AsyncConnection, keys: Iterable[str]) -> None:
    """Let one writer at a time create or change accounts with these keys, in their order."""
    for key in keys:
        await lock_key(tx, "l2o.account_key", key)
