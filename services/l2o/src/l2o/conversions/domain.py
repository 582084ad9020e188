"""A conversion, and the names its account and contact get."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.l2o.events import ConversionCompleted, ConversionRejected
from contracts.mtl.events import LeadConverted, LeadState

NAMELESS = "—"


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """What became of a converted lead; `rejected_for` is None where all three were made."""

    id: UUID
    lead_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    rejected_for: str | None = None
    at: datetime
    version: int = 1

    def event(self) -> ConversionCompleted | ConversionRejected:
        """The one event a conversion ever publishes."""
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


def conversion_of(event: LeadConverted, *, rejected_for: str | None) -> Conversion:
    """The conversion a lead's event asks for."""
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
    """The company, else the person, else what identifies the lead."""
    return lead.company or lead.name or lead.external_id or lead.email or lead.phone or NAMELESS


def contact_name(lead: LeadState) -> str:
    """The person, else the account's name stands in until somebody asks."""
    return lead.name or account_name(lead)
