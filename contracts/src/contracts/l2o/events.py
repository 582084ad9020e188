"""Facts L2O publishes."""

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from contracts.event import Event, State
from kernel.money import Money
from kernel.personal import Personal


class AccountState(State):
    """A customer company as it stands after the fact."""

    account_id: UUID
    name: str
    phone: Annotated[str | None, Personal("phone")] = None
    lead_id: UUID | None = None
    owner_id: str | None = None


class AccountCreated(Event):
    """There is a new customer."""

    type: ClassVar[str] = "l2o.account.created.v1"
    account: AccountState


class ContactState(State):
    """A person at a customer as it stands after the fact."""

    contact_id: UUID
    account_id: UUID
    name: Annotated[str, Personal("name")]
    phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None


class ContactCreated(Event):
    """There is a new person to talk to."""

    type: ClassVar[str] = "l2o.contact.created.v1"
    contact: ContactState


class OpportunityState(State):
    """An opportunity as it stands after the fact."""

    opportunity_id: UUID
    account_id: UUID
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    name: str
    stage: str
    amount: Money | None = None
    expected_close_date: date | None = None
    owner_id: str | None = None


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
