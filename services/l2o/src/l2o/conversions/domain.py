"""The conversion of a lead, and the names of the records it creates."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.l2o.events import ConversionCompleted, ConversionRejected
from contracts.mtl.events import LeadConverted, LeadState

UNKNOWN_NAME = "—"


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The outcome of a conversion; `rejected_for` is None if the three records were created."""

    id: UUID
    lead_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    rejected_for: str | None = None
    at: datetime
    version: int = 1

    def event(self) -> ConversionCompleted | ConversionRejected:
        """The event that answers the conversion."""
        if self.rejected_for is not None:
            return ConversionRejected(
                conversion_id=self.id, lead_id=self.lead_id, reason=self.rejected_for
            )
        return ConversionCompleted(
            conversion_id=self.id,
            lead_id=self.lead_id,
            account_id=self.account_id,
            contact_id=self.contact_id,
            opportunity_id=self.opportunity_id,
        )


def conversion_from_event(event: LeadConverted, *, rejected_for: str | None) -> Conversion:
    """The outcome for a converted lead; `rejected_for` is the code of a rejection."""
    return Conversion(
        id=event.conversion_id,
        lead_id=event.lead.lead_id,
        account_id=event.account_id,
        contact_id=event.contact_id,
        opportunity_id=event.opportunity_id,
        rejected_for=rejected_for,
        at=event.converted_at,
    )


def account_name(lead: LeadState) -> str:
    """The company of the lead, else its name, else another identifying value."""
    return lead.company or lead.name or lead.external_id or lead.email or lead.phone or UNKNOWN_NAME


def contact_name(lead: LeadState) -> str:
    """The name of the lead, else the name of its account."""
    return lead.name or account_name(lead)
