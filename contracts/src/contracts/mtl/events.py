"""Facts MTL publishes."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State
from kernel.personal import Personal


class LeadState(State):
    """A lead as it stands after the fact."""

    lead_id: UUID
    external_id: str | None = None
    name: Annotated[str | None, Personal("name")] = None
    company: str | None = None
    phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None
    source: str | None = None
    status: str
    owner_id: str | None = None
    attributes: dict[str, str] = Field(default_factory=dict)


class LeadCaptured(Event):
    """A lead came in, by hand or by import."""

    type: ClassVar[str] = "mtl.lead.captured.v1"
    lead: LeadState


class LeadQualified(Event):
    """Sales accepts the lead as worth working on."""

    type: ClassVar[str] = "mtl.lead.qualified.v1"
    lead: LeadState


class LeadDisqualified(Event):
    """The lead leads nowhere, and why."""

    type: ClassVar[str] = "mtl.lead.disqualified.v1"
    lead: LeadState
    reason: str


class LeadConverted(Event):
    """A lead is worth selling to; L2O makes an account, a contact and an opportunity of it.

    The three ids are made in advance, so that whoever asked knows them at once. With
    `existing_account` the account is one L2O already has.
    """

    type: ClassVar[str] = "mtl.lead.converted.v1"
    lead: LeadState
    conversion_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    existing_account: bool
    opportunity_name: str
    converted_by: str | None
    converted_at: datetime


class LeadReopened(Event):
    """A conversion was rejected downstream; the lead is open again."""

    type: ClassVar[str] = "mtl.lead.reopened.v1"
    lead: LeadState
    conversion_id: UUID
    reason: str
