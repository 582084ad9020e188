"""A lead quota, and the limits that follow for a person from all that concern them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from contracts.mtl.events import QuotaState
from kernel.records import StoredRecord


@dataclass(frozen=True, kw_only=True)
class Quota(StoredRecord):
    """How many open leads one may hold, and how many one may claim in a day.

    It is for the person `holder_id`, for everybody in and below a department, or, without both,
    for everybody. A limit that is None is left to the next wider quota.
    """

    holder_id: str | None = None
    department_id: UUID | None = None
    holding_limit: int | None = None
    daily_claim_limit: int | None = None
    note: str | None = None

    def state(self) -> QuotaState:
        """The quota in the form that events carry."""
        return QuotaState.of(self, quota_id=self.id)


@dataclass(frozen=True)
class Limits:
    """The limits of a person; None for no limit."""

    holding: int | None = None
    daily_claims: int | None = None


@dataclass(frozen=True)
class NearQuota:
    """The limits of one quota that concerns a person; nearer ones have a smaller distance."""

    distance: int
    holding_limit: int | None
    daily_claim_limit: int | None


def limits_from(quotas: Iterable[NearQuota]) -> Limits:
    """Return a person's limits: of each kind the nearest, of person, departments and everybody.

    Of several that are equally near the smallest one counts.
    """
    near = list(quotas)
    holding = [(q.distance, q.holding_limit) for q in near if q.holding_limit is not None]
    claims = [(q.distance, q.daily_claim_limit) for q in near if q.daily_claim_limit is not None]
    return Limits(
        min(holding)[1] if holding else None,
        min(claims)[1] if claims else None,
    )
