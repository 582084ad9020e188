"""A lead that was merged into another one: how it is refused, and the keys that it leaves."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from uuid import UUID

from kernel.errors import Conflict
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import INVALID


class LeadIsMerged(Conflict):
    """The lead was merged into another one, which stands in for it.

    The parameters do not say into which: whoever answers a caller adds that if they may see it.
    """

    def __init__(self, lead_id: UUID, survivor_id: UUID) -> None:
        super().__init__("LEAD_MERGED")
        self.lead_id = lead_id
        self.survivor_id = survivor_id


def keys_kept_by(survivor: Lead, merged: Iterable[Lead]) -> Iterator[Lead]:
    """Yield the merged leads as those whose key values their survivor reserves with its own.

    A capture by the phone of a merged lead meets the survivor. The phones and mails of an invalid
    lead are free, whichever of the two is invalid.
    """
    for lead in merged:
        status = INVALID if survivor.status is INVALID else lead.status
        yield replace(lead, deleted_at=None, status=status)
