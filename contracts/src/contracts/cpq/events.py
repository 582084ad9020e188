"""Events that CPQ publishes."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.approvals import ApprovalRequestChanged, ApprovalRequestSnapshot
from contracts.attachments import AttachmentChanged, AttachmentFields, AttachmentSnapshot
from contracts.event import AggregateState, Event, Snapshot, SnapshotFinished, State
from contracts.imports import ImportEnded
from contracts.messages import MessageRequested
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot
from kernel.decimals import DecimalString
from kernel.money import Money


class ProductState(AggregateState):
    """The state of a product after the event."""

    aggregate: ClassVar[str] = "cpq.product"
    product_id: UUID
    sku: str
    name: str
    unit: str
    active: bool
    series: str | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class ProductCreated(Event):
    """A product was created."""

    type: ClassVar[str] = "cpq.product.created.v1"
    product: ProductState


class ProductChanged(Event):
    """The name, SKU, unit or another field of a product changed."""

    type: ClassVar[str] = "cpq.product.changed.v1"
    product: ProductState


class ProductDeactivated(Event):
    """A product can no longer be quoted."""

    type: ClassVar[str] = "cpq.product.deactivated.v1"
    product: ProductState


class ProductReactivated(Event):
    """A product can be quoted again."""

    type: ClassVar[str] = "cpq.product.reactivated.v1"
    product: ProductState


class ProductDeleted(Event):
    """A product was deleted; it keeps its SKU and may be restored."""

    type: ClassVar[str] = "cpq.product.deleted.v1"
    product: ProductState


class ProductRestored(Event):
    """A deleted product was restored."""

    type: ClassVar[str] = "cpq.product.restored.v1"
    product: ProductState


class ProductSnapshot(Snapshot):
    """The present state of a product, published again on request."""

    type: ClassVar[str] = "cpq.product.snapshot.v1"
    product: ProductState


class PriceTier(State):
    """The unit price that applies from a quantity on."""

    from_quantity: DecimalString
    unit_price: Money


class PriceEntry(State):
    """The list price of a product and its quantity tiers."""

    product_id: UUID
    list_price: Money
    tiers: tuple[PriceTier, ...] = ()


class PriceBookState(AggregateState):
    """The state of a price book after the event; it is valid in `[valid_from, valid_to)`."""

    aggregate: ClassVar[str] = "cpq.price_book"
    price_book_id: UUID
    name: str
    currency: str
    valid_from: date
    valid_to: date | None = None
    entries: tuple[PriceEntry, ...]
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class PriceBookCreated(Event):
    """A price book was created."""

    type: ClassVar[str] = "cpq.price_book.created.v1"
    price_book: PriceBookState


class PriceBookChanged(Event):
    """The name, period or prices of a price book changed; CPQ keeps the previous version."""

    type: ClassVar[str] = "cpq.price_book.changed.v1"
    price_book: PriceBookState


class PriceBookDeleted(Event):
    """A price book was deleted; quotes keep their prices, and the book may be restored."""

    type: ClassVar[str] = "cpq.price_book.deleted.v1"
    price_book: PriceBookState


class PriceBookRestored(Event):
    """A deleted price book was restored."""

    type: ClassVar[str] = "cpq.price_book.restored.v1"
    price_book: PriceBookState


class PriceBookSnapshot(Snapshot):
    """The present state of a price book, published again on request."""

    type: ClassVar[str] = "cpq.price_book.snapshot.v1"
    price_book: PriceBookState


class QuoteLine(State):
    """A priced line: unit prices down the waterfall, then amounts for the whole quantity.

    `net_amount` is rounded once; `gross_amount = net_amount + tax_amount`.
    """

    line_id: UUID
    line_no: int
    product_id: UUID
    sku: str
    name: str
    unit: str
    quantity: DecimalString
    list_price: Money
    tier_price: Money
    discount_rate: DecimalString
    net_price: Money
    net_amount: Money
    tax_rate: DecimalString
    tax_amount: Money
    gross_amount: Money


class QuoteState(AggregateState):
    """The complete state of a quote after the event.

    `tax_rounding` is LINE (tax is rounded on every line) or DOCUMENT (once per rate, then split
    over its lines). Revisions of a quote share its number; `revises` is the quote before this one.
    """

    aggregate: ClassVar[str] = "cpq.quote"
    quote_id: UUID
    document_no: str
    opportunity_id: UUID
    account_id: UUID
    account_name: str
    currency: str
    status: str
    price_book_id: UUID
    price_date: date
    valid_until: date
    lines: tuple[QuoteLine, ...]
    net_total: Money
    tax_total: Money
    gross_total: Money
    owner_id: str | None = None
    tax_rounding: str = "LINE"
    revision: int = 1
    revises: UUID | None = None
    price_book_version: int | None = None
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class QuoteCreated(Event):
    """A quote was created as a draft."""

    type: ClassVar[str] = "cpq.quote.created.v1"
    quote: QuoteState


class QuoteSent(Event):
    """A quote was sent to the customer."""

    type: ClassVar[str] = "cpq.quote.sent.v1"
    quote: QuoteState
    sent_at: datetime


class QuoteAccepted(Event):
    """The customer accepted a quote; RMS creates one order from it."""

    type: ClassVar[str] = "cpq.quote.accepted.v1"
    quote: QuoteState
    accepted_at: datetime
    accepted_by: str | None = None


class QuoteChanged(Event):
    """The lines or terms of a draft, or the custom fields of any quote, changed."""

    type: ClassVar[str] = "cpq.quote.changed.v1"
    quote: QuoteState


class QuoteRejected(Event):
    """The customer rejected a quote; `reason` says why."""

    type: ClassVar[str] = "cpq.quote.rejected.v1"
    quote: QuoteState
    reason: str
    rejected_at: datetime


class QuoteExpired(Event):
    """A quote expired: the last day for accepting it has passed."""

    type: ClassVar[str] = "cpq.quote.expired.v1"
    quote: QuoteState
    expired_at: datetime


class QuoteRevised(Event):
    """A newer revision replaced a quote, which can no longer be accepted."""

    type: ClassVar[str] = "cpq.quote.revised.v1"
    quote: QuoteState
    successor_id: UUID
    revised_at: datetime


class CpqAttachmentState(AttachmentFields, AggregateState):
    """A file that hangs on a record of CPQ."""

    aggregate: ClassVar[str] = "cpq.attachment"


class CpqAttachmentChanged(AttachmentChanged):
    """A file was attached to a record of CPQ, detached from it, or attached again."""

    type: ClassVar[str] = "cpq.attachment.changed.v1"
    attachment: CpqAttachmentState


class CpqAttachmentSnapshot(AttachmentSnapshot):
    """The present state of an attachment, published again on request."""

    type: ClassVar[str] = "cpq.attachment.snapshot.v1"
    attachment: CpqAttachmentState


class CpqImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "cpq.import.finished.v1"


class QuoteAssigned(Event):
    """A quote got another owner."""

    type: ClassVar[str] = "cpq.quote.assigned.v1"
    quote: QuoteState
    from_owner_id: str | None = None
    assigned_by: str | None = None
    reason: str | None = None


class QuoteDeleted(Event):
    """A draft quote was deleted; it may be restored."""

    type: ClassVar[str] = "cpq.quote.deleted.v1"
    quote: QuoteState


class QuoteRestored(Event):
    """A deleted quote was restored."""

    type: ClassVar[str] = "cpq.quote.restored.v1"
    quote: QuoteState


class QuoteSnapshot(Snapshot):
    """The present state of a quote, published again on request."""

    type: ClassVar[str] = "cpq.quote.snapshot.v1"
    quote: QuoteState


class CpqTenantTaskFinished(TenantTaskEnded):
    """CPQ has done its part of a tenant task."""

    type: ClassVar[str] = "cpq.tenant_task.finished.v1"


class CpqWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "cpq.work.changed.v1"


class CpqWorkSnapshot(WorkSnapshot):
    """The tasks about a record, published again on request."""

    type: ClassVar[str] = "cpq.work.snapshot.v1"


class CpqSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "cpq.snapshot_run.finished.v1"


class CpqMessageRequested(MessageRequested):
    """A message to the outside was asked for, about a record of CPQ."""

    type: ClassVar[str] = "cpq.message_request.requested.v1"


class CpqApprovalRequestChanged(ApprovalRequestChanged):
    """An approval was asked for, or the request was answered, withdrawn or has become void."""

    type: ClassVar[str] = "cpq.approval_request.changed.v1"


class CpqApprovalRequestSnapshot(ApprovalRequestSnapshot):
    """The present state of a request for approval, published again on request."""

    type: ClassVar[str] = "cpq.approval_request.snapshot.v1"
