"""How many leads a person may still claim, and what keeps them from more."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mtl.pools.domain import Pool
from mtl.quotas.domain import Limits

HOLDING_FULL: Final = "HOLDING_FULL"
CLAIMS_USED_UP: Final = "CLAIMS_USED_UP"
POOL_CLAIMS_USED_UP: Final = "POOL_CLAIMS_USED_UP"


@dataclass(frozen=True)
class PoolAccess:
    """A pool that the caller may claim from; admins see its leads in full and give them out."""

    pool: Pool
    is_admin: bool

    @property
    def hidden_fields(self) -> frozenset[str]:
        """The fields of its leads that the caller does not see."""
        return frozenset() if self.is_admin else frozenset(self.pool.hidden_fields)


@dataclass(frozen=True, kw_only=True)
class ClaimUse:
    """What a person holds, and how many leads they claimed today: at all, and from one pool.

    Claims count although their leads were returned.
    """

    held: int = 0
    claimed: int = 0
    claimed_from_pool: int = 0


@dataclass(frozen=True)
class ClaimRoom:
    """How many more leads a person may claim now (None: any number), and the code of the limit."""

    left: int | None = None
    limit: str | None = None


def claim_room(limits: Limits, pool_limit: int | None, use: ClaimUse) -> ClaimRoom:
    """Return what the tightest limit leaves; of equals the first: holding, claims, pool."""
    rooms = list(_rooms(limits, pool_limit, use))
    return min(rooms, key=lambda one: one.left or 0) if rooms else ClaimRoom()


def _rooms(limits: Limits, pool_limit: int | None, use: ClaimUse) -> Iterator[ClaimRoom]:
    for limit, used, code in (
        (limits.holding, use.held, HOLDING_FULL),
        (limits.daily_claims, use.claimed, CLAIMS_USED_UP),
        (pool_limit, use.claimed_from_pool, POOL_CLAIMS_USED_UP),
    ):
        if limit is not None:
            yield ClaimRoom(max(limit - used, 0), code)
