"""Facts MTL publishes."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
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
    custom_fields: dict[str, Any] = Field(default_factory=dict)


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
    `existing_account` the account is one L2O already has; it must be one that `converted_by` sees,
    unless their scopes let them see all of them (`sees_all`).
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
    sees_all: bool = False


class LeadReopened(Event):
    """A conversion was rejected downstream; the lead is open again."""

    type: ClassVar[str] = "mtl.lead.reopened.v1"
    lead: LeadState
    conversion_id: UUID
    reason: str


class ImportFinished(ImportEnded):
    """An import has ended: well, badly or because somebody stopped it."""

    type: ClassVar[str] = "mtl.import.finished.v1"


class LeadChanged(Event):
    """The lead has another name, company, phone, mail or source, or other fields."""

    type: ClassVar[str] = "mtl.lead.changed.v1"
    lead: LeadState


class LeadAssigned(Event):
    """The lead has another owner; whoever works on it now."""

    type: ClassVar[str] = "mtl.lead.assigned.v1"
    lead: LeadState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class LeadDeleted(Event):
    """The lead is gone from every list; it may be restored."""

    type: ClassVar[str] = "mtl.lead.deleted.v1"
    lead: LeadState


class LeadRestored(Event):
    """The deletion was undone."""

    type: ClassVar[str] = "mtl.lead.restored.v1"
    lead: LeadState


class TenantTaskFinished(TenantTaskEnded):
    """This service has done its part of a tenant task."""

    type: ClassVar[str] = "mtl.tenant_task.finished.v1"
