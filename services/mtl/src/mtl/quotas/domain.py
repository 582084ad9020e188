"""A lead quota, and the limits that follow for a person from all that concern them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from contracts.mtl.events import QuotaState
from kernel.records import StoredRecord

EVERYBODY: Final = "EVERYBODY"


@dataclass(frozen=True, kw_only=True)
class Quota(StoredRecord):
    """How many open leads one may hold, and how many one may claim in a day.

    It is for the person `holder_id`, for everybody in and below a department, or, without both,
    for everybody. A limit that is None is left to the next wider quota.
    """

    concerns: str = EVERYBODY
    holder_id: str | None = None
    department_id: UUID | None = None
    holding_limit: int | None = None
    daily_claim_limit: int | None = None

    @property
    def display_name(self) -> str:
        """What notices would call the quota; the people concerned have names of their own."""
        return self.concerns

    def state(self) -> QuotaState:
        """The quota in the form that events carry."""
        return QuotaState.of(self, quota_id=self.id)


def concerned(holder_id: str | None, department_id: UUID | None) -> str:
    """Return whom a quota concerns, as one text that no two quotas share."""
    if holder_id is not None:
        return f"PERSON {holder_id}"
    return EVERYBODY if department_id is None else f"DEPARTMENT {department_id}"


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
    """Return a person's limits: of each kind the nearest, of person, departments and everybody."""
    nearest = sorted(quotas, key=lambda one: one.distance)
    holding = (one.holding_limit for one in nearest if one.holding_limit is not None)
    claims = (one.daily_claim_limit for one in nearest if one.daily_claim_limit is not None)
    return Limits(next(holding, None), next(claims, None))
