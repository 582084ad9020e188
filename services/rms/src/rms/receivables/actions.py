"""Commands that create, settle, reopen, withdraw, edit and transfer receivables."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records import tenant_settings
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.numbers.numbers import next_number
from chassis.records.record_commands import save_record
from chassis.records.work.actions import has_open_task, notify, raise_task, settle_tasks
from chassis.web.commands import Command
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.rms.events import ReceivableChanged
from contracts.work import NoticeKind, RecordRef, TaskKind
from kernel.errors import RuleBroken
from kernel.money import Money
from rms.accounts.store import account_owner_id
from rms.receivables import store
from rms.receivables.domain import (
    Receivable,
    ReceivableKind,
    ReceivableStatus,
    money_params,
    receivable_status,
)

OVERDUE_JOB = "receivable_overdue"
DAY = timedelta(days=1)
COLLECTION: Final = TaskKind(
    "COLLECT_RECEIVABLE",
    zh="催收 {name} 的应收款 {document_no}",
    en="Collect receivable {document_no} from {name}",
)
OVERDUE: Final = NoticeKind(
    "RECEIVABLE_OVERDUE",
    zh="{name} 的应收款 {document_no} 已逾期。",
    en="Receivable {document_no} of {name} is overdue.",
)


async def create_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    *,
    order_id: UUID,
    order_no: str,
    shipment_id: UUID | None,
    account_id: UUID,
    account_name: str,
    amount: Money,
    due_date: date,
    today: date,
    now: datetime,
    owner_id: str | None = None,
    instalment: int = 1,
    kind: ReceivableKind = ReceivableKind.SHIPMENT,
) -> Receivable:
    """Store and publish a receivable; it belongs to the account's owner, else to `owner_id`."""
    zero = Money.zero(amount.currency)
    receivable = Receivable(
        id=receivable_id,
        document_no=await next_number(tx, "receivable", prefix="AR", on=today),
        order_id=order_id,
        order_no=order_no,
        kind=kind,
        shipment_id=shipment_id,
        account_id=account_id,
        account_name=account_name,
        amount=amount,
        allocated=zero,
        withdrawn=zero,
        due_date=due_date,
        owner_id=await account_owner_id(tx, account_id) or owner_id,
        instalment=instalment,
        status=receivable_status(amount, zero),
        created_at=now,
        updated_at=now,
    )
    await _post(tx, receivable)
    return receivable


async def _post(tx: AsyncConnection, receivable: Receivable) -> None:
    await store.insert_receivable(tx, receivable)
    await publish(tx, receivable.created_event(), of=receivable)
    await _schedule_overdue_check(tx, receivable)


async def allocate_to_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    amount: Money,
    *,
    allocation_id: UUID,
    payment_id: UUID,
    now: datetime,
) -> Receivable:
    """Allocate `amount` of a payment to the receivable and publish it.

    Raises NotFound, Conflict (STALE_WRITE) if less than that is open.
    """
    receivable = await store.get_receivable(tx, receivable_id, lock=True)
    receivable = await store.save_receivable(tx, receivable.allocate(amount, now=now))
    allocated = receivable.allocated_event(
        amount, allocation_id=allocation_id, payment_id=payment_id
    )
    await publish(tx, allocated, of=receivable)
    await _end_collection_if_settled(tx, receivable)
    return receivable


async def reopen_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    amount: Money,
    *,
    allocation_id: UUID,
    reverses_id: UUID,
    payment_id: UUID,
    now: datetime,
) -> Receivable:
    """Open `amount` again because its allocation was reversed, and publish it.

    Schedules another overdue check; the owner has to collect it if it is overdue by now.
    Raises NotFound, Conflict (STALE_WRITE) if less is settled.
    """
    receivable = await store.get_receivable(tx, receivable_id, lock=True)
    receivable = await store.save_receivable(tx, receivable.reopen(amount, now=now))
    reopened = receivable.reopened_event(
        amount, allocation_id=allocation_id, reverses_id=reverses_id, payment_id=payment_id
    )
    await publish(tx, reopened, of=receivable)
    await _schedule_overdue_check(tx, receivable)
    if receivable.is_overdue(await tenant_settings.today(tx, now)):
        await _request_collection(tx, receivable)
    return receivable


async def withdraw_prepayment(
    tx: AsyncConnection, order_id: UUID, amount: Money, *, account_id: UUID, now: datetime
) -> None:
    """Withdraw `amount` from the order's open prepayments, the latest due first, and publish it.

    Raises RuleBroken (PREPAYMENT_ALLOCATED) where payments have settled a part of it.
    """
    await store.lock_account(tx, account_id)
    remaining = amount
    prepaid = await store.lock_prepayments(tx, order_id)
    for receivable in sorted(prepaid, key=lambda one: (one.due_date, one.id), reverse=True):
        part = min(receivable.open, remaining)
        if not part.is_zero:
            saved = await store.save_receivable(tx, receivable.withdraw(part, now=now))
            await publish(tx, saved.withdrawn_event(part), of=saved)
            await _end_collection_if_settled(tx, saved)
            remaining -= part
    if not remaining.is_zero:
        raise RuleBroken("PREPAYMENT_ALLOCATED", **money_params("amount", remaining))


async def edit_receivable(
    tx: AsyncConnection,
    receivable_id: UUID,
    edit: Callable[[Receivable], Receivable],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Receivable:
    """Change note and custom fields and publish it; an edit without effect publishes nothing.

    Raises NotFound, Invalid.
    """
    before = await store.get_receivable(tx, receivable_id, lock=True)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, store.RECEIVABLES.resource, edited.custom_fields, before=before.custom_fields
    )
    after = replace(edited, custom_fields=fields)
    if after == before:
        return before
    expected.check(before)
    receivable = await store.save_receivable(tx, replace(after, updated_at=now))
    await publish(tx, ReceivableChanged(receivable=receivable.state()), of=receivable)
    return receivable


async def transfer_receivable(
    command: Command, receivable_id: UUID, owner_id: str, /
) -> Receivable:
    """Give the receivable another owner; the present owner changes nothing.

    The new owner also has to collect it, if its collection is open or it is overdue.
    Raises NotFound, PreconditionRequired, PreconditionFailed.
    """
    tx = command.tx
    before = await store.get_receivable(tx, receivable_id, lock=True)
    if before.owner_id == owner_id:
        return before
    command.expected.check(before)
    receivable = await save_record(
        command, store.RECEIVABLE, before, replace(before, owner_id=owner_id)
    )
    is_overdue = receivable.is_overdue(await tenant_settings.today(tx, command.now))
    if is_overdue or await has_open_task(tx, COLLECTION, _reference(receivable)):
        await _request_collection(tx, receivable)
    return receivable


async def report_overdue(
    tx: AsyncConnection, receivable_id: UUID, *, now: datetime
) -> datetime | None:
    """Publish once that the receivable is overdue; returns when to check again, or None.

    Its owner is notified and has to collect it.
    The check comes too early, and again, where the tenant's time zone has changed since it was
    scheduled. Raises NotFound.
    """
    timezone = (await tenant_settings.settings_of(tx)).timezone
    today = business_date(now, timezone)
    receivable = await store.get_receivable(tx, receivable_id, lock=True)
    if not receivable.may_become_overdue:
        return None
    if not receivable.is_overdue(today):
        return start_of_day(receivable.due_date + DAY, timezone)
    receivable = await store.save_receivable(tx, receivable.mark_overdue(today, now=now))
    await publish(tx, receivable.overdue_event(today), of=receivable)
    await notify(
        tx,
        OVERDUE,
        _reference(receivable),
        recipient=receivable.owner_id,
        params=_work_params(receivable),
    )
    await _request_collection(tx, receivable)
    return None


async def _request_collection(tx: AsyncConnection, receivable: Receivable) -> None:
    """Give the owner the task to collect the receivable; without owner there is none."""
    await raise_task(
        tx,
        COLLECTION,
        _reference(receivable),
        assignee=receivable.owner_id,
        params=_work_params(receivable),
        due_date=receivable.due_date,
    )


async def _end_collection_if_settled(tx: AsyncConnection, receivable: Receivable) -> None:
    if receivable.status is ReceivableStatus.SETTLED:
        await settle_tasks(tx, _reference(receivable), kinds=[COLLECTION])


def _reference(receivable: Receivable) -> RecordRef:
    return RecordRef(resource=store.RECEIVABLES.resource, record_id=receivable.id)


def _work_params(receivable: Receivable) -> dict[str, str]:
    return {"document_no": receivable.document_no, "name": receivable.account_name}


async def _schedule_overdue_check(tx: AsyncConnection, receivable: Receivable) -> None:
    """Enqueue the check for the tenant's midnight after the due date, which may be in the past."""
    if receivable.may_become_overdue:
        timezone = (await tenant_settings.settings_of(tx)).timezone
        run_at = start_of_day(receivable.due_date + DAY, timezone)
        await queue.enqueue(tx, OVERDUE_JOB, str(receivable.id), run_at=run_at)
