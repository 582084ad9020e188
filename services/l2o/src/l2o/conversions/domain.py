"""The conversion of a lead, what its event asks for, and the names of the records it creates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.l2o.events import ConversionCompleted, ConversionRejected, RejectedFieldState
from contracts.mtl.events import ConversionCancelled, LeadConverted, LeadState
from l2o.accounts.domain import AccountKind

UNKNOWN_NAME = "—"
ACCOUNT, CONTACT, OPPORTUNITY = "ACCOUNT", "CONTACT", "OPPORTUNITY"
RESOURCES: Final[Mapping[str, str]] = {
    ACCOUNT: "l2o.account",
    CONTACT: "l2o.contact",
    OPPORTUNITY: "l2o.opportunity",
}
ACCOUNT_NOT_FOUND: Final = "ACCOUNT_NOT_FOUND"
CONTACT_NOT_FOUND: Final = "CONTACT_NOT_FOUND"
FIELDS_MISSING: Final = "CONVERSION_FIELDS_MISSING"
FIELDS_INVALID: Final = "CONVERSION_FIELDS_INVALID"
REFUSED: Final = "CONVERSION_REFUSED"
# The codes of refusals that people understand without what else was said.
KNOWN_REFUSALS: Final = frozenset({"ACCOUNT_COLLIDES"})
CUSTOM_FIELDS: Final = "custom_fields"


@dataclass(frozen=True)
class RejectedField:
    """A field without a value, or with a wrong one, as people call it in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """The outcome of a conversion; `rejected_for` is None if the records were created.

    A cancelled conversion is rejected before it arrives, so that it creates nothing when it does.
    """

    id: UUID
    lead_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    rejected_for: str | None = None
    rejected_fields: tuple[RejectedField, ...] | None = None
    touch_count: int = 0
    follow_up_count: int = 0
    at: datetime
    version: int = 1

    def rejected(self, reason: str, fields: tuple[RejectedField, ...] = ()) -> Conversion:
        """Return the conversion rejected for the reason of this code."""
        return replace(self, rejected_for=reason, rejected_fields=fields)

    def event(self) -> ConversionCompleted | ConversionRejected:
        """The event that answers the conversion."""
        if self.rejected_for is not None:
            return ConversionRejected(
                conversion_id=self.id,
                lead_id=self.lead_id,
                reason=self.rejected_for,
                fields=tuple(RejectedFieldState.of(one) for one in self.rejected_fields or ()),
            )
        return ConversionCompleted(
            conversion_id=self.id,
            lead_id=self.lead_id,
            account_id=self.account_id,
            contact_id=self.contact_id,
            opportunity_id=self.opportunity_id,
        )


@dataclass(frozen=True, kw_only=True)
class TrailEntry:
    """A touch or a follow-up of a lead before it was converted."""

    id: UUID
    lead_id: UUID
    account_id: UUID
    opportunity_id: UUID | None
    source: str
    at: datetime
    actor: str | None
    title_zh: str
    title_en: str
    text: str | None


def conversion_from_event(event: LeadConverted) -> Conversion:
    """The outcome for a converted lead whose records are created."""
    return Conversion(
        id=event.conversion_id,
        lead_id=event.lead.lead_id,
        account_id=event.account_id,
        contact_id=event.contact_id,
        opportunity_id=event.opportunity_id,
        touch_count=event.trail_counts.get("TOUCH", 0),
        follow_up_count=event.trail_counts.get("FOLLOW_UP", 0),
        at=event.converted_at,
    )


def trail_of(event: LeadConverted) -> list[TrailEntry]:
    """The trail of the lead, as the account and the opportunity show it."""
    is_opened = OPPORTUNITY in event.records
    return [
        TrailEntry(
            id=one.entry_id,
            lead_id=event.lead.lead_id,
            account_id=event.account_id,
            opportunity_id=event.opportunity_id if is_opened else None,
            source=one.source,
            at=one.at,
            actor=one.actor,
            title_zh=one.title_zh,
            title_en=one.title_en,
            text=one.text,
        )
        for one in event.trail
    ]


def cancelled_conversion(event: ConversionCancelled) -> Conversion:
    """The outcome for a conversion that is cancelled before it arrives."""
    return Conversion(
        id=event.conversion_id,
        lead_id=event.lead_id,
        account_id=event.account_id,
        contact_id=event.contact_id,
        opportunity_id=event.opportunity_id,
        at=event.cancelled_at,
        rejected_for=event.reason,
    )


@dataclass(frozen=True)
class RecordFields:
    """The valid fields of the records to create, by their names; none for one not created."""

    account: Mapping[str, Any] = field(default_factory=dict)
    contact: Mapping[str, Any] = field(default_factory=dict)
    opportunity: Mapping[str, Any] = field(default_factory=dict)


def creates(event: LeadConverted) -> tuple[str, ...]:
    """The records to create, in their order: those that the lead becomes and nobody named."""
    is_there = {ACCOUNT: event.existing_account, CONTACT: event.existing_contact}
    order = (ACCOUNT, CONTACT, OPPORTUNITY)
    return tuple(one for one in order if one in event.records and not is_there.get(one))


def given_fields(event: LeadConverted) -> dict[str, dict[str, Any]]:
    """The fields of each record to create, as the event gives them, or as the lead has them."""
    lead = event.lead
    given = {
        ACCOUNT: {
            "kinds": [AccountKind.PROSPECT],
            **(event.account_fields or _company_of(lead)),
        },
        CONTACT: event.contact_fields
        or {"name": contact_name(lead), "phone": lead.phone, "email": lead.email},
        OPPORTUNITY: {"name": event.opportunity_name, **(event.opportunity_fields or {})},
    }
    return {record: given[record] for record in creates(event)}


def _company_of(lead: LeadState) -> dict[str, Any]:
    """The fields of an account as the lead has them, where no mapping gave any."""
    return {
        "name": account_name(lead),
        "phone": lead.phone,
        "uscc": lead.uscc,
        "website": lead.website,
        "region_code": lead.region_code,
        "company_size": lead.company_size,
    }


def account_name(lead: LeadState) -> str:
    """The company of the lead, else its name, else another identifying value."""
    return lead.company or lead.name or lead.external_id or lead.email or lead.phone or UNKNOWN_NAME


def contact_name(lead: LeadState) -> str:
    """The name of the lead, else the name of its account."""
    return lead.name or account_name(lead)
