"""A lead that fell back from its owner, and who may not take it again yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from kernel.errors import RuleBroken
from kernel.personal import Personal
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import UnassignedReason
from parties.ownership_clock import FallBackReason


@dataclass(frozen=True, kw_only=True)
class Recycling:
    """A lead fell back from an owner, by which rule, and until when that person is barred from it.

    The id is that of the change of the owner.
    """

    id: UUID
    lead_id: Annotated[UUID, Personal("subject")]
    at: datetime
    former_owner_id: str
    reason: FallBackReason
    rule_name: str
    rule_version: int
    barred_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Release:
    """A lead that falls back now: to whom or into which pool, why, and by which rule.

    Without a person and a pool it stands in the queue of leads that nobody has.
    """

    lead: Lead
    to_owner_id: str | None
    to_pool_id: UUID | None = None
    reason: FallBackReason
    rule_name: str
    rule_version: int
    barred_until: datetime | None

    @property
    def cause(self) -> Mapping[str, Any]:
        """Why the owner changed, as the history of owners keeps it."""
        return {"code": f"LEAD_FELL_BACK_BY_RULE_{self.reason}", "params": {"rule": self.rule_name}}


def placed(release: Release) -> Lead:
    """Return the lead where it falls back to."""
    lead = release.lead
    if release.to_owner_id is not None:
        return lead.owned_by(release.to_owner_id)
    if release.to_pool_id is not None:
        return lead.in_pool(release.to_pool_id)
    return lead.unassigned(UnassignedReason.FELL_BACK)


def ensure_not_barred(bars: Mapping[str, datetime], person: str) -> None:
    """Refuse a person who let the lead fall back. Raises RuleBroken (LEAD_OWNER_BARRED)."""
    until = bars.get(person)
    if until is not None:
        raise RuleBroken("LEAD_OWNER_BARRED", until=until.isoformat())
