"""Reads what a person may still claim, and the pools from which they may."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility
from mtl.claims import store
from mtl.claims.domain import PoolAccess
from mtl.leads.store.holdings import count_held
from mtl.pools.domain import Pool
from mtl.pools.store import active_pools
from mtl.quotas.domain import Limits
from mtl.quotas.store import limits_of


@dataclass(frozen=True, kw_only=True)
class QuotaUse:
    """The limits of a person, and what of them they use; claims of today by pool."""

    owner_id: str
    limits: Limits
    held: int
    claims: Mapping[UUID, int]
    today: date

    @property
    def claimed_today(self) -> int:
        """How many leads the person claimed today, returned ones included."""
        return sum(self.claims.values())


async def quota_use_of(tx: AsyncConnection, person: str, today: date) -> QuotaUse:
    """Return what a person may hold and claim, and what they do."""
    return QuotaUse(
        owner_id=person,
        limits=(await limits_of(tx, [person]))[person],
        held=(await count_held(tx, [person]))[person],
        claims=await store.claims_on(tx, person, today),
        today=today,
    )


def access_to(pool: Pool, visibility: Visibility) -> PoolAccess | None:
    """Return a pool as somebody may use it; None if they may not.

    Whoever administrates all leads is an admin of every pool.
    """
    grantees = frozenset(visibility.grantees)
    is_admin = visibility.everything or not grantees.isdisjoint(pool.admin_ids)
    return PoolAccess(pool, is_admin) if is_admin or pool.is_open_to(grantees) else None


async def own_pools(tx: AsyncConnection, visibility: Visibility) -> Sequence[PoolAccess]:
    """Return the active pools from which somebody may claim, in the order of their names."""
    accesses = (access_to(pool, visibility) for pool in await active_pools(tx))
    return [access for access in accesses if access is not None]
