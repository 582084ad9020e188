"""Events that MTL publishes."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.approvals import ApprovalRequestChanged, ApprovalRequestSnapshot
from contracts.event import AggregateState, Event, Snapshot, SnapshotFinished, State
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot
from kernel.money import Money
from kernel.personal import Personal


class LeadState(AggregateState):
    """The state of a lead after the event."""

    aggregate: ClassVar[str] = "mtl.lead"
    lead_id: UUID
    external_id: str | None = None
    name: Annotated[str | None, Personal("name")] = None
    job_title: str | None = None
    department: str | None = None
    company: str | None = None
    uscc: str | None = None
    industry: str | None = None
    company_size: str | None = None
    website: str | None = None
    country: str | None = None
    region_code: str | None = None
    address: Annotated[str | None, Personal("text")] = None
    phone: Annotated[str | None, Personal("phone")] = None
    work_phone: Annotated[str | None, Personal("phone")] = None
    other_phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None
    other_email: Annotated[str | None, Personal("email")] = None
    wechat_id: Annotated[str | None, Personal("login")] = None
    language: str | None = None
    description: Annotated[str | None, Personal("text")] = None
    need: str | None = None
    budget: Money | None = None
    expected_on: date | None = None
    source: str | None = None
    source_detail: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    status: str
    score: int | None = None
    grade: str | None = None
    owner_id: str | None = None
    tags: tuple[str, ...] = ()
    rule_tags: tuple[str, ...] = ()
    pool_id: UUID | None = None
    attributes: dict[str, str] = Field(default_factory=dict)
    custom_fields: dict[str, Any] = Field(default_factory=dict)
    returning_account_id: UUID | None = None
    merged_into_id: UUID | None = None


class LeadCaptured(Event):
    """A lead was captured: by hand, by import or through a channel."""

    type: ClassVar[str] = "mtl.lead.captured.v1"
    lead: LeadState


class LeadQualified(Event):
    """A lead was qualified: sales accepted it for follow-up."""

    type: ClassVar[str] = "mtl.lead.qualified.v1"
    lead: LeadState


class LeadHandedOver(Event):
    """Marketing handed a lead over to sales, who accept or refuse it."""

    type: ClassVar[str] = "mtl.lead.handed_over.v1"
    lead: LeadState


class LeadRefused(Event):
    """Sales refused a lead that marketing handed over; `reason` is a code."""

    type: ClassVar[str] = "mtl.lead.refused.v1"
    lead: LeadState
    reason: str
    note: Annotated[str | None, Personal("text")] = None


class LeadNurtured(Event):
    """A lead sleeps until a day: it is too early for sales."""

    type: ClassVar[str] = "mtl.lead.nurtured.v1"
    lead: LeadState
    wakes_on: date
    note: Annotated[str | None, Personal("text")] = None


class LeadReactivated(Event):
    """A lead that was invalid or slept is open again, by hand or because it woke.

    `reason` is DAY_CAME or TOUCHED for one that woke.
    """

    type: ClassVar[str] = "mtl.lead.reactivated.v1"
    lead: LeadState
    reason: str | None = None
    note: Annotated[str | None, Personal("text")] = None


class LeadScored(Event):
    """The score of a lead changed because the rules did."""

    type: ClassVar[str] = "mtl.lead.scored.v1"
    lead: LeadState


class LeadDisqualified(Event):
    """A lead was disqualified; `reason` is a code that says why."""

    type: ClassVar[str] = "mtl.lead.disqualified.v1"
    lead: LeadState
    reason: str
    note: Annotated[str | None, Personal("text")] = None


ALL_RECORDS = ("ACCOUNT", "CONTACT", "OPPORTUNITY")


class TrailEntryState(State):
    """Something that happened to a lead: a touch, or a follow-up.

    `title_zh` and `title_en` say what it was, `text` what somebody wrote about it.
    """

    entry_id: UUID
    source: str
    at: datetime
    actor: str | None = None
    title_zh: str
    title_en: str
    text: Annotated[str | None, Personal("text")] = None


class LeadConverted(Event):
    """A lead was converted; L2O creates an account, a contact and an opportunity from it.

    MTL creates the three ids in advance, so that the caller knows them at once. With
    `existing_account` L2O already has the account, and `converted_by` must be able to see it,
    unless their scopes let them see every account (`sees_all`). With `existing_contact` it has the
    contact, which belongs to the account. `records` are those that the lead becomes; the id of
    another one names nothing. `*_fields` are the values of new records by the names of their
    fields, as the tenant's mapping gives them; null where the publisher knew no mapping. `trail`
    holds the newest touches and follow-ups of the lead, `trail_counts` how many there are of each.
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
    existing_contact: bool = False
    records: tuple[str, ...] = ALL_RECORDS
    account_fields: Annotated[dict[str, Any] | None, Personal("text")] = None
    contact_fields: Annotated[dict[str, Any] | None, Personal("text")] = None
    opportunity_fields: Annotated[dict[str, Any] | None, Personal("text")] = None
    trail: tuple[TrailEntryState, ...] = ()
    trail_counts: dict[str, int] = Field(default_factory=dict)


class ConversionRequested(LeadConverted):
    """A conversion that L2O has not answered is requested again; L2O answers it, also again.

    The aggregate is the conversion: its sequence counts what MTL published about it.
    """

    type: ClassVar[str] = "mtl.conversion.requested.v1"


class ConversionCancelled(Event):
    """A conversion is cancelled, because L2O has not answered it.

    If L2O has created the records before, it answers so again; else it never creates them, and
    rejects the conversion for `reason`.
    """

    type: ClassVar[str] = "mtl.conversion.cancelled.v1"
    conversion_id: UUID
    lead_id: UUID
    account_id: UUID
    contact_id: UUID
    opportunity_id: UUID
    cancelled_at: datetime
    reason: str


class LeadReopened(Event):
    """L2O rejected the conversion of a lead or did not answer, so the lead is open again."""

    type: ClassVar[str] = "mtl.lead.reopened.v1"
    lead: LeadState
    conversion_id: UUID
    reason: str
    note: str | None = None


class MtlImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "mtl.import.finished.v1"


class LeadChanged(Event):
    """The name, company, phone, email, source or another field of a lead changed."""

    type: ClassVar[str] = "mtl.lead.changed.v1"
    lead: LeadState


class LeadAssigned(Event):
    """A lead got another owner, or none: it is in a pool until somebody claims it."""

    type: ClassVar[str] = "mtl.lead.assigned.v1"
    lead: LeadState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class LeadRecycled(Event):
    """A lead fell back from its owner, who did not follow it up or convert it in time.

    `reason` is a code, `rule` the name of the rule that a tenant has published.
    """

    type: ClassVar[str] = "mtl.lead.recycled.v1"
    lead: LeadState
    former_owner_id: str
    reason: str
    rule: str
    barred_until: datetime | None = None


class LeadDeleted(Event):
    """A lead was deleted; it may be restored."""

    type: ClassVar[str] = "mtl.lead.deleted.v1"
    lead: LeadState


class LeadRestored(Event):
    """A deleted lead was restored."""

    type: ClassVar[str] = "mtl.lead.restored.v1"
    lead: LeadState


class LeadsMerged(Event):
    """Other leads were merged into a lead: what belongs to them is its own from now on.

    Copies of touches follow by `merged_lead_ids`; follow-ups have events of their own.
    """

    type: ClassVar[str] = "mtl.lead.merged.v1"
    lead: LeadState
    merge_id: UUID
    merged_lead_ids: tuple[UUID, ...]


class LeadMergedInto(Event):
    """A lead was merged into another one; it is deleted, and its survivor stands in for it."""

    type: ClassVar[str] = "mtl.lead.merged_into.v1"
    lead: LeadState
    merge_id: UUID
    survivor_id: UUID


class LeadMergeUndone(Event):
    """A merge was undone: the leads that were merged into this one have back what was theirs.

    `touch_ids` are the touches of each of them, which carry no event of their own.
    """

    type: ClassVar[str] = "mtl.lead.merge_undone.v1"
    lead: LeadState
    merge_id: UUID
    touch_ids: dict[UUID, tuple[UUID, ...]]


class LeadSnapshot(Snapshot):
    """The present state of a lead, published again on request."""

    type: ClassVar[str] = "mtl.lead.snapshot.v1"
    lead: LeadState


class ConsentState(AggregateState):
    """That a person let themselves be contacted by a medium, or withdrew that; it never changes.

    `address_digest` is the keyed digest of their number or address for the tenant, in hexadecimal
    digits. `at` is when they did it: of several facts about an address and a medium the latest
    counts, of two of the same instant the withdrawal.
    """

    aggregate: ClassVar[str] = "mtl.consent"
    consent_id: UUID
    medium: Annotated[str, Field(description="CALL, MAIL, MESSAGE or WECHAT")]
    state: Annotated[str, Field(description="GRANTED or WITHDRAWN")]
    address_digest: str
    at: datetime


class ConsentRecorded(Event):
    """A person granted or withdrew a medium."""

    type: ClassVar[str] = "mtl.consent.recorded.v1"
    consent: ConsentState


class ConsentSnapshot(Snapshot):
    """A consent or a withdrawal, published again on request."""

    type: ClassVar[str] = "mtl.consent.snapshot.v1"
    consent: ConsentState


class LeadTouchRecorded(Event):
    """The person of a lead had contact with us; the fact itself never changes.

    `at` is when it happened, `recorded_at` when it was stored. `external_id` is the sender's own.
    """

    type: ClassVar[str] = "mtl.lead_touch.recorded.v1"
    touch_id: UUID
    lead_id: UUID
    kind: str
    at: datetime
    recorded_at: datetime
    channel: str | None = None
    subject: Annotated[str | None, Personal("text")] = None
    payload: Annotated[dict[str, str], Personal("text")] = Field(default_factory=dict)
    external_id: str | None = None
    actor: str | None = None


class ChecklistItemState(State):
    """A question of a screening and its answer; `ok` is null if nobody has judged it."""

    question: str
    answer: Annotated[str | None, Personal("text")] = None
    ok: bool | None = None


class FollowUpState(AggregateState):
    """What somebody did about a lead and what comes next, after the event.

    The next step is open until `next_step_done_at`.
    """

    aggregate: ClassVar[str] = "mtl.follow_up"
    follow_up_id: UUID
    lead_id: UUID
    owner_id: str | None = None
    kind: str
    at: datetime
    direction: str = "OUTGOING"
    result: str | None = None
    summary: Annotated[str | None, Personal("text")] = None
    next_step: Annotated[str | None, Personal("text")] = None
    next_step_on: date | None = None
    next_step_done_at: datetime | None = None
    checklist: tuple[ChecklistItemState, ...] = ()
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class FollowUpCreated(Event):
    """Somebody followed up a lead."""

    type: ClassVar[str] = "mtl.follow_up.created.v1"
    follow_up: FollowUpState


class FollowUpChanged(Event):
    """A field or the owner of a follow-up changed, or its next step was done."""

    type: ClassVar[str] = "mtl.follow_up.changed.v1"
    follow_up: FollowUpState


class FollowUpDeleted(Event):
    """A follow-up was deleted; it may be restored."""

    type: ClassVar[str] = "mtl.follow_up.deleted.v1"
    follow_up: FollowUpState


class FollowUpRestored(Event):
    """A deleted follow-up was restored."""

    type: ClassVar[str] = "mtl.follow_up.restored.v1"
    follow_up: FollowUpState


class FollowUpSnapshot(Snapshot):
    """The present state of a follow-up, published again on request."""

    type: ClassVar[str] = "mtl.follow_up.snapshot.v1"
    follow_up: FollowUpState


class PoolMemberState(State):
    """A person, or a department with all below it, that may claim the leads of a pool."""

    person_id: UUID | None = None
    department_id: UUID | None = None


class PoolState(AggregateState):
    """A pool of leads after the event; `hidden_fields` are those hidden until a lead is claimed."""

    aggregate: ClassVar[str] = "mtl.pool"
    pool_id: UUID
    name: str
    description: str | None = None
    active: bool = True
    members: tuple[PoolMemberState, ...] = ()
    admin_ids: tuple[UUID, ...] = ()
    hidden_fields: tuple[str, ...] = ()
    daily_claim_limit: int | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class PoolCreated(Event):
    """A lead pool was created."""

    type: ClassVar[str] = "mtl.pool.created.v1"
    pool: PoolState


class PoolChanged(Event):
    """A field of a lead pool changed, such as its members."""

    type: ClassVar[str] = "mtl.pool.changed.v1"
    pool: PoolState


class PoolDeleted(Event):
    """A lead pool was deleted; it may be restored."""

    type: ClassVar[str] = "mtl.pool.deleted.v1"
    pool: PoolState


class PoolRestored(Event):
    """A deleted lead pool was restored."""

    type: ClassVar[str] = "mtl.pool.restored.v1"
    pool: PoolState


class PoolSnapshot(Snapshot):
    """The present state of a lead pool, published again on request."""

    type: ClassVar[str] = "mtl.pool.snapshot.v1"
    pool: PoolState


class QuotaState(AggregateState):
    """How many leads one may hold and claim, after the event.

    It is for the person `holder_id`, for a department with all below it, or for everybody.
    """

    aggregate: ClassVar[str] = "mtl.quota"
    quota_id: UUID
    holder_id: str | None = None
    department_id: UUID | None = None
    holding_limit: int | None = None
    daily_claim_limit: int | None = None
    note: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class QuotaCreated(Event):
    """A lead quota was created."""

    type: ClassVar[str] = "mtl.quota.created.v1"
    quota: QuotaState


class QuotaChanged(Event):
    """A limit of a lead quota changed."""

    type: ClassVar[str] = "mtl.quota.changed.v1"
    quota: QuotaState


class QuotaDeleted(Event):
    """A lead quota was deleted; it may be restored."""

    type: ClassVar[str] = "mtl.quota.deleted.v1"
    quota: QuotaState


class QuotaRestored(Event):
    """A deleted lead quota was restored."""

    type: ClassVar[str] = "mtl.quota.restored.v1"
    quota: QuotaState


class QuotaSnapshot(Snapshot):
    """The present state of a lead quota, published again on request."""

    type: ClassVar[str] = "mtl.quota.snapshot.v1"
    quota: QuotaState


class ChannelState(AggregateState):
    """The state of a channel, through which leads come in, after the event."""

    aggregate: ClassVar[str] = "mtl.channel"
    channel_id: UUID
    name: str
    kind: str
    active: bool
    default_owner_id: str | None = None
    default_pool_id: UUID | None = None
    duplicate_policy: str
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class ChannelCreated(Event):
    """A channel was created."""

    type: ClassVar[str] = "mtl.channel.created.v1"
    channel: ChannelState


class ChannelChanged(Event):
    """A field of a channel changed."""

    type: ClassVar[str] = "mtl.channel.changed.v1"
    channel: ChannelState


class ChannelDeleted(Event):
    """A channel was deleted; it may be restored."""

    type: ClassVar[str] = "mtl.channel.deleted.v1"
    channel: ChannelState


class ChannelRestored(Event):
    """A deleted channel was restored."""

    type: ClassVar[str] = "mtl.channel.restored.v1"
    channel: ChannelState


class ChannelSnapshot(Snapshot):
    """The present state of a channel, published again on request."""

    type: ClassVar[str] = "mtl.channel.snapshot.v1"
    channel: ChannelState


class MtlTenantTaskFinished(TenantTaskEnded):
    """MTL has done its part of a tenant task."""

    type: ClassVar[str] = "mtl.tenant_task.finished.v1"


class MtlWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "mtl.work.changed.v1"


class MtlWorkSnapshot(WorkSnapshot):
    """The tasks about a record, published again on request."""

    type: ClassVar[str] = "mtl.work.snapshot.v1"


class MtlSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "mtl.snapshot_run.finished.v1"


class MtlApprovalRequestChanged(ApprovalRequestChanged):
    """An approval was asked for, or the request was answered, withdrawn or has become void."""

    type: ClassVar[str] = "mtl.approval_request.changed.v1"


class MtlApprovalRequestSnapshot(ApprovalRequestSnapshot):
    """The present state of a request for approval, published again on request."""

    type: ClassVar[str] = "mtl.approval_request.snapshot.v1"
