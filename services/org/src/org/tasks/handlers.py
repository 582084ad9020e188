"""Facts of all services that give somebody something to do, or something to know."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Meta
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
from org.notifications.domain import NotificationKind, Subject
from org.tasks.actions import give_task, is_to_be_done, settle_task
from org.tasks.domain import TaskKind

SETTLED = "SETTLED"


async def on_lead_assigned(tx: AsyncConnection, event: LeadAssigned, meta: Meta) -> None:
    lead = event.lead
    about = Subject(resource="mtl.lead", record_id=lead.lead_id)
    await _assigned(tx, about, _called(lead), lead.owner_id, event.assigned_by, meta)
    await _work_lead(tx, lead, meta)


async def on_lead_back(tx: AsyncConnection, event: LeadReopened | LeadRestored, meta: Meta) -> None:
    await _work_lead(tx, event.lead, meta)


async def on_lead_ended(
    tx: AsyncConnection, event: LeadConverted | LeadDisqualified | LeadDeleted, meta: Meta
) -> None:
    await settle_task(tx, TaskKind.WORK_LEAD, event.lead.lead_id, now=meta.occurred_at)


async def on_account_assigned(tx: AsyncConnection, event: AccountAssigned, meta: Meta) -> None:
    account = event.account
    about = Subject(resource="l2o.account", record_id=account.account_id)
    await _assigned(tx, about, account.name, account.owner_id, event.assigned_by, meta)


async def on_opportunity_assigned(
    tx: AsyncConnection, event: OpportunityAssigned, meta: Meta
) -> None:
    opportunity = event.opportunity
    about = Subject(resource="l2o.opportunity", record_id=opportunity.opportunity_id)
    owner = opportunity.owner_id
    await _assigned(tx, about, opportunity.name, owner, event.assigned_by, meta)
    await _work_opportunity(tx, opportunity, meta)


async def on_opportunity_back(tx: AsyncConnection, event: OpportunityRestored, meta: Meta) -> None:
    await _work_opportunity(tx, event.opportunity, meta)


async def on_opportunity_ended(
    tx: AsyncConnection, event: OpportunityWon | OpportunityLost | OpportunityDeleted, meta: Meta
) -> None:
    done = event.opportunity.opportunity_id
    await settle_task(tx, TaskKind.WORK_OPPORTUNITY, done, now=meta.occurred_at)


async def on_quote_assigned(tx: AsyncConnection, event: QuoteAssigned, meta: Meta) -> None:
    quote, about = event.quote, _quote(event.quote)
    await _assigned(tx, about, quote.document_no, quote.owner_id, event.assigned_by, meta)


async def on_quote_accepted(tx: AsyncConnection, event: QuoteAccepted, meta: Meta) -> None:
    await _tell_of_quote(tx, NotificationKind.QUOTE_ACCEPTED, event.quote, meta)


async def on_quote_rejected(tx: AsyncConnection, event: QuoteRejected, meta: Meta) -> None:
    await _tell_of_quote(tx, NotificationKind.QUOTE_REJECTED, event.quote, meta)


async def on_quote_expired(tx: AsyncConnection, event: QuoteExpired, meta: Meta) -> None:
    await _tell_of_quote(tx, NotificationKind.QUOTE_EXPIRED, event.quote, meta)


async def on_order_assigned(tx: AsyncConnection, event: OrderAssigned, meta: Meta) -> None:
    order = event.order
    about = Subject(resource="rms.order", record_id=order.order_id)
    await _assigned(tx, about, order.document_no, order.owner_id, event.assigned_by, meta)


async def on_receivable_overdue(tx: AsyncConnection, event: ReceivableOverdue, meta: Meta) -> None:
    receivable, about = event.receivable, _receivable(event.receivable)
    told = {"document_no": receivable.document_no, "name": receivable.account_name or ""}
    kind, owner = NotificationKind.RECEIVABLE_OVERDUE, receivable.owner_id
    await notify(tx, owner, kind, about=about, params=told, occurred_at=meta.occurred_at)
    await _collect(tx, receivable, meta)


async def on_receivable_assigned(
    tx: AsyncConnection, event: ReceivableAssigned, meta: Meta
) -> None:
    receivable, about = event.receivable, _receivable(event.receivable)
    number, owner = receivable.document_no, receivable.owner_id
    await _assigned(tx, about, number, owner, event.assigned_by, meta)
    given = await is_to_be_done(tx, TaskKind.COLLECT_RECEIVABLE, receivable.receivable_id)
    if given or await _is_overdue(tx, receivable, meta):
        await _collect(tx, receivable, meta)


async def on_receivable_reopened(
    tx: AsyncConnection, event: ReceivableReopened, meta: Meta
) -> None:
    """A payment bounced: overdue is told once, so that what was overdue already is seen here."""
    if await _is_overdue(tx, event.receivable, meta):
        await _collect(tx, event.receivable, meta)


async def on_receivable_lowered(
    tx: AsyncConnection, event: ReceivableAllocated | ReceivableWithdrawn, meta: Meta
) -> None:
    receivable = event.receivable
    if receivable.status == SETTLED:
        done = receivable.receivable_id
        await settle_task(tx, TaskKind.COLLECT_RECEIVABLE, done, now=meta.occurred_at)


async def on_payment_reversed(tx: AsyncConnection, event: PaymentReversed, meta: Meta) -> None:
    payment = event.payment
    about = Subject(resource="rms.payment", record_id=payment.payment_id)
    told = {"document_no": payment.document_no, "name": payment.account_name or ""}
    kind = NotificationKind.PAYMENT_REVERSED
    await notify(tx, payment.owner_id, kind, about=about, params=told, occurred_at=meta.occurred_at)


async def on_import_finished(tx: AsyncConnection, event: ImportEnded, meta: Meta) -> None:
    service = event.type.split(".")[0]
    about = Subject(resource=f"{service}.import", record_id=event.import_id)
    told = {"file_name": event.file_name, "state": event.state}
    kind = NotificationKind.IMPORT_FINISHED
    await notify(tx, event.created_by, kind, about=about, params=told, occurred_at=meta.occurred_at)


async def _assigned(
    tx: AsyncConnection,
    about: Subject,
    name: str,
    owner: str | None,
    assigned_by: str | None,
    meta: Meta,
) -> None:
    """Who takes something over himself knows it."""
    if owner == assigned_by:
        return
    told = {"name": name, "resource": about.resource}
    kind = NotificationKind.ASSIGNED
    await notify(tx, owner, kind, about=about, params=told, occurred_at=meta.occurred_at)


async def _tell_of_quote(
    tx: AsyncConnection, kind: NotificationKind, quote: QuoteState, meta: Meta
) -> None:
    told = {"document_no": quote.document_no, "name": quote.account_name}
    await notify(
        tx, quote.owner_id, kind, about=_quote(quote), params=told, occurred_at=meta.occurred_at
    )


async def _work_lead(tx: AsyncConnection, lead: LeadState, meta: Meta) -> None:
    if lead.owner_id is None or lead.status in ("CONVERTED", "DISQUALIFIED"):
        return
    await give_task(
        tx,
        TaskKind.WORK_LEAD,
        Subject(resource="mtl.lead", record_id=lead.lead_id),
        assignee=lead.owner_id,
        params={"name": _called(lead)},
        now=meta.occurred_at,
    )


async def _work_opportunity(tx: AsyncConnection, opportunity: OpportunityState, meta: Meta) -> None:
    if opportunity.owner_id is None or opportunity.stage in ("WON", "LOST"):
        return
    await give_task(
        tx,
        TaskKind.WORK_OPPORTUNITY,
        Subject(resource="l2o.opportunity", record_id=opportunity.opportunity_id),
        assignee=opportunity.owner_id,
        params={"name": opportunity.name},
        due_date=opportunity.expected_close_date,
        now=meta.occurred_at,
    )


async def _is_overdue(tx: AsyncConnection, receivable: ReceivableState, meta: Meta) -> bool:
    """Whether something was owed after its day when this happened."""
    if receivable.status == SETTLED:
        return False
    return receivable.due_date < await today(tx, meta.occurred_at)


async def _collect(tx: AsyncConnection, receivable: ReceivableState, meta: Meta) -> None:
    if receivable.owner_id is None:
        return
    await give_task(
        tx,
        TaskKind.COLLECT_RECEIVABLE,
        _receivable(receivable),
        assignee=receivable.owner_id,
        params={"document_no": receivable.document_no, "name": receivable.account_name or ""},
        due_date=receivable.due_date,
        now=meta.occurred_at,
    )


def _called(lead: LeadState) -> str:
    return lead.company or lead.name or lead.external_id or ""


def _quote(quote: QuoteState) -> Subject:
    return Subject(resource="cpq.quote", record_id=quote.quote_id)


def _receivable(receivable: ReceivableState) -> Subject:
    return Subject(resource="rms.receivable", record_id=receivable.receivable_id)
