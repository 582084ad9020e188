"""Facts L2O publishes."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.event import Event, State
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from kernel.money import Money
from kernel.personal import Personal


class AccountState(State):
    """A customer company as it stands after the fact; `parent_id` is the company it belongs to.

    `country` is ISO 3166-1 alpha-2, or as much as somebody knew.
    """

    account_id: UUID
    name: str
    phone: Annotated[str | None, Personal("phone")] = None
    lead_id: UUID | None = None
    owner_id: str | None = None
    parent_id: UUID | None = None
    industry: str | None = None
    country: str | None = None
    founded_year: int | None = None
    employees: int | None = None
    annual_revenue: Money | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class AccountCreated(Event):
    """There is a new customer."""

    type: ClassVar[str] = "l2o.account.created.v1"
    account: AccountState


class AccountChanged(Event):
    """The customer has another name, phone, parent or owner."""

    type: ClassVar[str] = "l2o.account.changed.v1"
    account: AccountState


class AccountDeleted(Event):
    """The customer is gone from every list; it may be restored."""

    type: ClassVar[str] = "l2o.account.deleted.v1"
    account: AccountState


class AccountRestored(Event):
    """The deletion was undone."""

    type: ClassVar[str] = "l2o.account.restored.v1"
    account: AccountState


class ContactState(State):
    """A person at a customer as they stand after the fact.

    One of an account's contacts is the primary one; roles are codes such as DECISION_MAKER.
    """

    contact_id: UUID
    account_id: UUID
    name: Annotated[str, Personal("name")]
    phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None
    title: str | None = None
    roles: tuple[str, ...] = ()
    is_primary: bool = False
    owner_id: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class ContactCreated(Event):
    """There is a new person to talk to."""

    type: ClassVar[str] = "l2o.contact.created.v1"
    contact: ContactState


class ContactChanged(Event):
    """The person has another name, phone, mail, role, or is or is no longer the primary one."""

    type: ClassVar[str] = "l2o.contact.changed.v1"
    contact: ContactState


class ContactDeleted(Event):
    """The person is gone from every list; they may be restored."""

    type: ClassVar[str] = "l2o.contact.deleted.v1"
    contact: ContactState


class ContactRestored(Event):
    """The deletion was undone."""

    type: ClassVar[str] = "l2o.contact.restored.v1"
    contact: ContactState


class OpportunityState(State):
    """An opportunity as it stands after the fact.

    `engaged_date` is when the customer was first engaged, `closed_date` when it was won or lost.
    """

    opportunity_id: UUID
    account_id: UUID
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    name: str
    stage: str
    amount: Money | None = None
    expected_close_date: date | None = None
    owner_id: str | None = None
    product_id: UUID | None = None
    engaged_date: date | None = None
    closed_date: date | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class OpportunityOpened(Event):
    """There is something to sell."""

    type: ClassVar[str] = "l2o.opportunity.opened.v1"
    opportunity: OpportunityState


class OpportunityStageMoved(Event):
    """The opportunity moved from one open stage to another."""

    type: ClassVar[str] = "l2o.opportunity.stage_moved.v1"
    opportunity: OpportunityState
    from_stage: str


class OpportunityWon(Event):
    """The customer buys: said by a person, or because an order was confirmed."""

    type: ClassVar[str] = "l2o.opportunity.won.v1"
    opportunity: OpportunityState
    order_id: UUID | None = None
    won_at: datetime


class OpportunityLost(Event):
    """The customer does not buy, and why."""

    type: ClassVar[str] = "l2o.opportunity.lost.v1"
    opportunity: OpportunityState
    reason: str
    lost_at: datetime


class OpportunityChanged(Event):
    """It has another name, amount, date, product, contact or owner."""

    type: ClassVar[str] = "l2o.opportunity.changed.v1"
    opportunity: OpportunityState


class OpportunityDeleted(Event):
    """It is gone from every list; it may be restored."""

    type: ClassVar[str] = "l2o.opportunity.deleted.v1"
    opportunity: OpportunityState


class OpportunityRestored(Event):
    """The deletion was undone."""

    type: ClassVar[str] = "l2o.opportunity.restored.v1"
    opportunity: OpportunityState


class ConversionCompleted(Event):
    """Account, contact and opportunity of a converted lead exist."""

    type: ClassVar[str] = "l2o.conversion.completed.v1"
    conversion_id: UUID
    lead_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID


class ConversionRejected(Event):
    """Nothing was made of the converted lead; `reason` is a code such as ACCOUNT_NOT_FOUND."""

    type: ClassVar[str] = "l2o.conversion.rejected.v1"
    conversion_id: UUID
    lead_id: UUID
    reason: str


class ImportFinished(ImportEnded):
    """An import has ended: well, badly or because somebody stopped it."""

    type: ClassVar[str] = "l2o.import.finished.v1"


class AccountAssigned(Event):
    """The customer has another owner."""

    type: ClassVar[str] = "l2o.account.assigned.v1"
    account: AccountState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class OpportunityAssigned(Event):
    """The opportunity has another owner."""

    type: ClassVar[str] = "l2o.opportunity.assigned.v1"
    opportunity: OpportunityState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class TenantTaskFinished(TenantTaskEnded):
    """This service has done its part of a tenant task."""

    type: ClassVar[str] = "l2o.tenant_task.finished.v1"
