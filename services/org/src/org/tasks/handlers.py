"""Events of all services that create or complete tasks and send notifications."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.records.tenant_settings import today
from contracts.cpq.events import (
    QuoteAccepted,
    QuoteAssigned,
    QuoteExpired,
    QuoteRejected,
    QuoteState,
)
from contracts.imports import ImportEnded
from contracts.l2o.events import (
    AccountAssigned,
    OpportunityAssigned,
    OpportunityDeleted,
    OpportunityLost,
    OpportunityRestored,
    OpportunityState,
    OpportunityWon,
)
from contracts.mtl.events import (
    LeadAssigned,
    LeadConverted,
    LeadDeleted,
    LeadDisqualified,
    LeadReopened,
    LeadRestored,
    LeadState,
)
from contracts.rms.events import (
    OrderAssigned,
    PaymentReversed,
    ReceivableAllocated,
    ReceivableAssigned,
    ReceivableOverdue,
    ReceivableReopened,
    ReceivableState,
    ReceivableWithdrawn,
)
from org.notifications.actions import notify
from org.notifications.domain import NotificationKind, RecordRef
from org.tasks.actions import assign_task, complete_task_of_record, has_open_task
from org.tasks.domain import TaskKind

SETTLED = "SETTLED"


async def on_lead_assigned(tx: AsyncConnection, event: LeadAssigned, meta: EventMeta) -> None:
    """Notify the new owner of a lead and assign the follow-up task."""
    lead = event.lead
    about = RecordRef(resource="mtl.lead", record_id=lead.lead_id)
    await _notify_new_owner(tx, about, _lead_name(lead), lead.owner_id, event.assigned_by, meta)
    await _assign_lead_task(tx, lead, meta)


async def on_lead_reopened(
    tx: AsyncConnection, event: LeadReopened | LeadRestored, meta: EventMeta
) -> None:
    """Assign the follow-up task of a reopened or restored lead again."""
    await _assign_lead_task(tx, event.lead, meta)


async def on_lead_ended(
    tx: AsyncConnection, event: LeadConverted | LeadDisqualified | LeadDeleted, meta: EventMeta
) -> None:
    """Complete the follow-up task of a converted, disqualified or deleted lead."""
    await complete_task_of_record(tx, TaskKind.WORK_LEAD, event.lead.lead_id, now=meta.occurred_at)


async def on_account_assigned(tx: AsyncConnection, event: AccountAssigned, meta: EventMeta) -> None:
    """Notify the new owner of an account."""
    account = event.account
    about = RecordRef(resource="l2o.account", record_id=account.account_id)
    await _notify_new_owner(tx, about, account.name, account.owner_id, event.assigned_by, meta)


async def on_opportunity_assigned(
    tx: AsyncConnection, event: OpportunityAssigned, meta: EventMeta
) -> None:
    """Notify the new owner of an opportunity and assign the follow-up task."""
    opportunity = event.opportunity
    about = RecordRef(resource="l2o.opportunity", record_id=opportunity.opportunity_id)
    owner = opportunity.owner_id
    await _notify_new_owner(tx, about, opportunity.name, owner, event.assigned_by, meta)
    await _assign_opportunity_task(tx, opportunity, meta)


async def on_opportunity_restored(
    tx: AsyncConnection, event: OpportunityRestored, meta: EventMeta
) -> None:
    """Assign the follow-up task of a restored opportunity again."""
    await _assign_opportunity_task(tx, event.opportunity, meta)


async def on_opportunity_ended(
    tx: AsyncConnection,
    event: OpportunityWon | OpportunityLost | OpportunityDeleted,
    meta: EventMeta,
) -> None:
    """Complete the follow-up task of a won, lost or deleted opportunity."""
    record_id = event.opportunity.opportunity_id
    await complete_task_of_record(tx, TaskKind.WORK_OPPORTUNITY, record_id, now=meta.occurred_at)


async def on_quote_assigned(tx: AsyncConnection, event: QuoteAssigned, meta: EventMeta) -> None:
    """Notify the new owner of a quote."""
    quote, about = event.quote, _quote_ref(event.quote)
    await _notify_new_owner(tx, about, quote.document_no, quote.owner_id, event.assigned_by, meta)


async def on_quote_accepted(tx: AsyncConnection, event: QuoteAccepted, meta: EventMeta) -> None:
    """Notify the owner of an accepted quote."""
    await _notify_quote_owner(tx, NotificationKind.QUOTE_ACCEPTED, event.quote, meta)


async def on_quote_rejected(tx: AsyncConnection, event: QuoteRejected, meta: EventMeta) -> None:
    """Notify the owner of a rejected quote."""
    await _notify_quote_owner(tx, NotificationKind.QUOTE_REJECTED, event.quote, meta)


async def on_quote_expired(tx: AsyncConnection, event: QuoteExpired, meta: EventMeta) -> None:
    """Notify the owner of an expired quote."""
    await _notify_quote_owner(tx, NotificationKind.QUOTE_EXPIRED, event.quote, meta)


async def on_order_assigned(tx: AsyncConnection, event: OrderAssigned, meta: EventMeta) -> None:
    """Notify the new owner of an order."""
    order = event.order
    about = RecordRef(resource="rms.order", record_id=order.order_id)
    await _notify_new_owner(tx, about, order.document_no, order.owner_id, event.assigned_by, meta)


async def on_receivable_overdue(
    tx: AsyncConnection, event: ReceivableOverdue, meta: EventMeta
) -> None:
    """Notify the owner of an overdue receivable and assign its collection."""
    receivable, about = event.receivable, _receivable_ref(event.receivable)
    params = {"document_no": receivable.document_no, "name": receivable.account_name or ""}
    kind, owner = NotificationKind.RECEIVABLE_OVERDUE, receivable.owner_id
    await notify(tx, owner, kind, about=about, params=params, occurred_at=meta.occurred_at)
    await _assign_collection_task(tx, receivable, meta)


async def on_receivable_assigned(
    tx: AsyncConnection, event: ReceivableAssigned, meta: EventMeta
) -> None:
    """Notify the new owner of a receivable and pass on its collection, if it is due."""
    receivable, about = event.receivable, _receivable_ref(event.receivable)
    document_no, owner = receivable.document_no, receivable.owner_id
    await _notify_new_owner(tx, about, document_no, owner, event.assigned_by, meta)
    has_task = await has_open_task(tx, TaskKind.COLLECT_RECEIVABLE, receivable.receivable_id)
    if has_task or await _is_overdue(tx, receivable, meta):
        await _assign_collection_task(tx, receivable, meta)


async def on_receivable_reopened(
    tx: AsyncConnection, event: ReceivableReopened, meta: EventMeta
) -> None:
    """Assign the collection again, as the overdue event of a receivable is published only once."""
    if await _is_overdue(tx, event.receivable, meta):
        await _assign_collection_task(tx, event.receivable, meta)


async def on_receivable_reduced(
    tx: AsyncConnection, event: ReceivableAllocated | ReceivableWithdrawn, meta: EventMeta
) -> None:
    """Complete the collection of a receivable that is settled."""
    receivable = event.receivable
    if receivable.status == SETTLED:
        record_id = receivable.receivable_id
        await complete_task_of_record(
            tx, TaskKind.COLLECT_RECEIVABLE, record_id, now=meta.occurred_at
        )


async def on_payment_reversed(tx: AsyncConnection, event: PaymentReversed, meta: EventMeta) -> None:
    """Notify the owner of a reversed payment."""
    payment = event.payment
    about = RecordRef(resource="rms.payment", record_id=payment.payment_id)
    params = {"document_no": payment.document_no, "name": payment.account_name or ""}
    kind = NotificationKind.PAYMENT_REVERSED
    await notify(
        tx, payment.owner_id, kind, about=about, params=params, occurred_at=meta.occurred_at
    )


async def on_import_finished(tx: AsyncConnection, event: ImportEnded, meta: EventMeta) -> None:
    """Notify whoever started a finished import."""
    service = event.type.split(".")[0]
    about = RecordRef(resource=f"{service}.import", record_id=event.import_id)
    params = {"file_name": event.file_name, "state": event.state}
    kind = NotificationKind.IMPORT_FINISHED
    await notify(
        tx, event.created_by, kind, about=about, params=params, occurred_at=meta.occurred_at
    )


async def _notify_new_owner(
    tx: AsyncConnection,
    about: RecordRef,
    name: str,
    owner: str | None,
    assigned_by: str | None,
    meta: EventMeta,
) -> None:
    """Notify the new owner, unless they assigned the record to themselves."""
    if owner == assigned_by:
        return
    params = {"name": name, "resource": about.resource}
    kind = NotificationKind.ASSIGNED
    await notify(tx, owner, kind, about=about, params=params, occurred_at=meta.occurred_at)


async def _notify_quote_owner(
    tx: AsyncConnection, kind: NotificationKind, quote: QuoteState, meta: EventMeta
) -> None:
    params = {"document_no": quote.document_no, "name": quote.account_name}
    await notify(
        tx,
        quote.owner_id,
        kind,
        about=_quote_ref(quote),
        params=params,
        occurred_at=meta.occurred_at,
    )


async def _assign_lead_task(tx: AsyncConnection, lead: LeadState, meta: EventMeta) -> None:
    if lead.owner_id is None or lead.status in ("CONVERTED", "DISQUALIFIED"):
        return
    await assign_task(
        tx,
        TaskKind.WORK_LEAD,
        RecordRef(resource="mtl.lead", record_id=lead.lead_id),
        assignee=lead.owner_id,
        params={"name": _lead_name(lead)},
        now=meta.occurred_at,
    )


async def _assign_opportunity_task(
    tx: AsyncConnection, opportunity: OpportunityState, meta: EventMeta
) -> None:
    if opportunity.owner_id is None or opportunity.stage in ("WON", "LOST"):
        return
    await assign_task(
        tx,
        TaskKind.WORK_OPPORTUNITY,
        RecordRef(resource="l2o.opportunity", record_id=opportunity.opportunity_id),
        assignee=opportunity.owner_id,
        params={"name": opportunity.name},
        due_date=opportunity.expected_close_date,
        now=meta.occurred_at,
    )


async def _is_overdue(tx: AsyncConnection, receivable: ReceivableState, meta: EventMeta) -> bool:
    """Return whether the receivable was open after its due date when the event happened."""
    if receivable.status == SETTLED:
        return False
    return receivable.due_date < await today(tx, meta.occurred_at)


async def _assign_collection_task(
    tx: AsyncConnection, receivable: ReceivableState, meta: EventMeta
) -> None:
    if receivable.owner_id is None:
        return
    await assign_task(
        tx,
        TaskKind.COLLECT_RECEIVABLE,
        _receivable_ref(receivable),
        assignee=receivable.owner_id,
        params={"document_no": receivable.document_no, "name": receivable.account_name or ""},
        due_date=receivable.due_date,
        now=meta.occurred_at,
    )


def _lead_name(lead: LeadState) -> str:
    return lead.company or lead.name or lead.external_id or ""


def _quote_ref(quote: QuoteState) -> RecordRef:
    return RecordRef(resource="cpq.quote", record_id=quote.quote_id)


def _receivable_ref(receivable: ReceivableState) -> RecordRef:
    return RecordRef(resource="rms.receivable", record_id=receivable.receivable_id)
