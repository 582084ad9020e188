"""Events that L2O publishes."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import ConfigDict, Field

from contracts.approvals import ApprovalRequestChanged, ApprovalRequestSnapshot
from contracts.event import (
    AggregateState,
    Event,
    ExternalIdState,
    Snapshot,
    SnapshotFinished,
    State,
)
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot
from kernel.money import Money
from kernel.personal import Personal


class PhoneState(State):
    """A further telephone number in E.164; `kind` is a code such as FAX."""

    model_config = ConfigDict(from_attributes=True)
    kind: str
    phone: Annotated[str, Personal("phone")]


class EmailState(State):
    """A further mail address; `kind` is a code such as INVOICE."""

    model_config = ConfigDict(from_attributes=True)
    kind: str
    email: Annotated[str, Personal("email")]


class WebsiteState(State):
    """A further website; `kind` is a code such as SHOP."""

    model_config = ConfigDict(from_attributes=True)
    kind: str
    website: str


class AddressState(State):
    """An address; `kind` is a code such as SHIPPING, `region_code` one of GB/T 2260."""

    model_config = ConfigDict(from_attributes=True)
    kind: str
    is_default: bool = False
    country: str | None = None
    region_code: str | None = None
    address: Annotated[str | None, Personal("text")] = None
    postal_code: str | None = None


class AccountState(AggregateState):
    """The state of an account (a customer company) after the event; `parent_id` is its parent.

    `country` is an ISO 3166-1 alpha-2 code, or free text where no code was known. `phones`,
    `emails` and `websites` are further ones beside the usual ones. `industry_section` is a letter
    of GB/T 4754, `region_code` a code of GB/T 2260, `uscc` a code of GB 32100. `grade` is A,
    B, C or D, A for a key account; `sales_process` the code of the process by which is sold to it.
    """

    aggregate: ClassVar[str] = "l2o.account"
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
    kinds: tuple[str, ...] = ()
    uscc: str | None = None
    legal_representative: Annotated[str | None, Personal("name")] = None
    industry_section: str | None = None
    company_size: str | None = None
    region_code: str | None = None
    email: Annotated[str | None, Personal("email")] = None
    website: str | None = None
    currency: str | None = None
    language: str | None = None
    payment_term_code: str | None = None
    description: Annotated[str | None, Personal("text")] = None
    phones: tuple[PhoneState, ...] = ()
    emails: tuple[EmailState, ...] = ()
    websites: tuple[WebsiteState, ...] = ()
    addresses: tuple[AddressState, ...] = ()
    external_ids: tuple[ExternalIdState, ...] = ()
    grade: str | None = None
    sales_process: str | None = None
    segment: str | None = None
    tags: tuple[str, ...] = ()
    rule_tags: tuple[str, ...] = ()


class AccountCreated(Event):
    """An account was created."""

    type: ClassVar[str] = "l2o.account.created.v1"
    account: AccountState


class AccountChanged(Event):
    """The name, phone, parent or another field of an account changed."""

    type: ClassVar[str] = "l2o.account.changed.v1"
    account: AccountState


class AccountDeleted(Event):
    """An account was deleted; it may be restored."""

    type: ClassVar[str] = "l2o.account.deleted.v1"
    account: AccountState


class AccountRestored(Event):
    """A deleted account was restored."""

    type: ClassVar[str] = "l2o.account.restored.v1"
    account: AccountState


class ContactState(AggregateState):
    """The state of a contact (a person at an account) after the event.

    One contact of an account is the primary one; roles are codes such as DECISION_MAKER.
    """

    aggregate: ClassVar[str] = "l2o.contact"
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
    phones: tuple[PhoneState, ...] = ()
    emails: tuple[EmailState, ...] = ()
    external_ids: tuple[ExternalIdState, ...] = ()


class ContactCreated(Event):
    """A contact was created."""

    type: ClassVar[str] = "l2o.contact.created.v1"
    contact: ContactState


class ContactChanged(Event):
    """The name, phone, email, roles, primary mark or another field of a contact changed."""

    type: ClassVar[str] = "l2o.contact.changed.v1"
    contact: ContactState


class ContactDeleted(Event):
    """A contact was deleted; it may be restored."""

    type: ClassVar[str] = "l2o.contact.deleted.v1"
    contact: ContactState


class ContactRestored(Event):
    """A deleted contact was restored."""

    type: ClassVar[str] = "l2o.contact.restored.v1"
    contact: ContactState


class ContactSnapshot(Snapshot):
    """The present state of a contact, published again on request."""

    type: ClassVar[str] = "l2o.contact.snapshot.v1"
    contact: ContactState


class OpportunityState(AggregateState):
    """The state of an opportunity after the event.

    `engaged_date` is when the customer was first engaged, `closed_date` when it was won or lost.
    """

    aggregate: ClassVar[str] = "l2o.opportunity"
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
    external_ids: tuple[ExternalIdState, ...] = ()


class OpportunityOpened(Event):
    """An opportunity was opened."""

    type: ClassVar[str] = "l2o.opportunity.opened.v1"
    opportunity: OpportunityState


class OpportunityStageMoved(Event):
    """An opportunity moved from one open stage to another."""

    type: ClassVar[str] = "l2o.opportunity.stage_moved.v1"
    opportunity: OpportunityState
    from_stage: str


class OpportunityWon(Event):
    """An opportunity was won, by a person or because its order was confirmed."""

    type: ClassVar[str] = "l2o.opportunity.won.v1"
    opportunity: OpportunityState
    order_id: UUID | None = None
    won_at: datetime


class OpportunityLost(Event):
    """An opportunity was lost; `reason` says why."""

    type: ClassVar[str] = "l2o.opportunity.lost.v1"
    opportunity: OpportunityState
    reason: str
    lost_at: datetime


class OpportunityChanged(Event):
    """The name, amount, dates, product, contact or another field of an opportunity changed."""

    type: ClassVar[str] = "l2o.opportunity.changed.v1"
    opportunity: OpportunityState


class OpportunityDeleted(Event):
    """An opportunity was deleted; it may be restored."""

    type: ClassVar[str] = "l2o.opportunity.deleted.v1"
    opportunity: OpportunityState


class OpportunityRestored(Event):
    """A deleted opportunity was restored."""

    type: ClassVar[str] = "l2o.opportunity.restored.v1"
    opportunity: OpportunityState


class ActivityState(AggregateState):
    """What somebody did with an account and what comes next, after the event.

    `contact_ids` are people at the account who took part, `participant_ids` the subjects of
    colleagues. The next step is open until `next_step_done_at`.
    """

    aggregate: ClassVar[str] = "l2o.activity"
    activity_id: UUID
    account_id: UUID
    opportunity_id: UUID | None = None
    owner_id: str | None = None
    kind: str
    at: datetime
    duration_minutes: int | None = None
    direction: str = "OUTGOING"
    result: str | None = None
    subject: Annotated[str | None, Personal("text")] = None
    body: Annotated[str | None, Personal("text")] = None
    guests: Annotated[str | None, Personal("text")] = None
    contact_ids: tuple[UUID, ...] = ()
    participant_ids: tuple[str, ...] = ()
    next_step: Annotated[str | None, Personal("text")] = None
    next_step_on: date | None = None
    next_step_done_at: datetime | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class ActivityCreated(Event):
    """Somebody recorded a call, mail, meeting, visit, chat or note about an account."""

    type: ClassVar[str] = "l2o.activity.created.v1"
    activity: ActivityState


class ActivityChanged(Event):
    """A field or the owner of an activity changed, or its next step was done."""

    type: ClassVar[str] = "l2o.activity.changed.v1"
    activity: ActivityState


class ActivityDeleted(Event):
    """An activity was deleted; it may be restored."""

    type: ClassVar[str] = "l2o.activity.deleted.v1"
    activity: ActivityState


class ActivityRestored(Event):
    """A deleted activity was restored."""

    type: ClassVar[str] = "l2o.activity.restored.v1"
    activity: ActivityState


class ActivitySnapshot(Snapshot):
    """The present state of an activity, published again on request."""

    type: ClassVar[str] = "l2o.activity.snapshot.v1"
    activity: ActivityState


class ConversionCompleted(Event):
    """The account, contact and opportunity of a converted lead were created.

    They are those that the conversion named; the id of another one names nothing.
    """

    type: ClassVar[str] = "l2o.conversion.completed.v1"
    conversion_id: UUID
    lead_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID


class RejectedFieldState(State):
    """A field of a record that could not be created, as people call both in either language."""

    zh: str
    en: str


class ConversionRejected(Event):
    """The conversion of a lead was rejected; `reason` is a code such as ACCOUNT_NOT_FOUND.

    `fields` are those that have no value, or a wrong one.
    """

    type: ClassVar[str] = "l2o.conversion.rejected.v1"
    conversion_id: UUID
    lead_id: UUID
    reason: str
    fields: tuple[RejectedFieldState, ...] = ()


class L2oImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "l2o.import.finished.v1"


class AccountAssigned(Event):
    """An account got another owner."""

    type: ClassVar[str] = "l2o.account.assigned.v1"
    account: AccountState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class AccountGraded(Event):
    """An account got another grade, by the rules or, with a reason, by a person."""

    type: ClassVar[str] = "l2o.account.graded.v1"
    account: AccountState
    from_grade: str | None = None
    reason: str | None = None


class AccountSnapshot(Snapshot):
    """The present state of an account, published again on request."""

    type: ClassVar[str] = "l2o.account.snapshot.v1"
    account: AccountState


class OpportunityAssigned(Event):
    """An opportunity got another owner; `along` names the kinds of records that go along."""

    type: ClassVar[str] = "l2o.opportunity.assigned.v1"
    opportunity: OpportunityState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None
    along: tuple[str, ...] = ()


class OpportunitySnapshot(Snapshot):
    """The present state of an opportunity, published again on request."""

    type: ClassVar[str] = "l2o.opportunity.snapshot.v1"
    opportunity: OpportunityState


class L2oTenantTaskFinished(TenantTaskEnded):
    """L2O has done its part of a tenant task."""

    type: ClassVar[str] = "l2o.tenant_task.finished.v1"


class L2oWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "l2o.work.changed.v1"


class L2oWorkSnapshot(WorkSnapshot):
    """The tasks about a record, published again on request."""

    type: ClassVar[str] = "l2o.work.snapshot.v1"


class L2oSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "l2o.snapshot_run.finished.v1"


class GrantState(AggregateState):
    """Access to a record beside its owner's, by its team or a share, after the event.

    The grantee is a PERSON, a TEAM or a DEPARTMENT with all below it; `access` is READ or WRITE;
    `until_date` is the first day without it. A deleted grant has ended.
    """

    aggregate: ClassVar[str] = "l2o.grant"
    resource: Annotated[str, Field(description="The kind of record, such as `l2o.account`")]
    record_id: UUID
    via: Annotated[str, Field(description="TEAM or SHARE")]
    grantee_kind: str
    grantee_id: UUID
    access: str
    until_date: date | None = None
    created_by: str
    created_at: datetime


class GrantChanged(Event):
    """Access to a record was granted, or what was granted has changed."""

    type: ClassVar[str] = "l2o.grant.changed.v1"
    grant: GrantState


class GrantDeleted(Event):
    """Access to a record has ended."""

    type: ClassVar[str] = "l2o.grant.deleted.v1"
    grant: GrantState


class GrantSnapshot(Snapshot):
    """The present state of a grant, published again on request."""

    type: ClassVar[str] = "l2o.grant.snapshot.v1"
    grant: GrantState


class L2oApprovalRequestChanged(ApprovalRequestChanged):
    """An approval was asked for, or the request was answered, withdrawn or has become void."""

    type: ClassVar[str] = "l2o.approval_request.changed.v1"


class L2oApprovalRequestSnapshot(ApprovalRequestSnapshot):
    """The present state of a request for approval, published again on request."""

    type: ClassVar[str] = "l2o.approval_request.snapshot.v1"
