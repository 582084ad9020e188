"""Commands that create, settle, reopen, withdraw and edit receivables."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records import tenant_settings
from chassis.records.access.ownership import (
    Ownership,
    announce_ownership,
    eligible_owner,
    ownership_explained,
)
from chassis.records.numbers.numbers import next_number
from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    create_record,
    edit_record,
    move_record,
    save_record,
)
from chassis.records.work.actions import has_open_task, notify, raise_task, settle_tasks
from chassis.web.commands import Command
from contracts.event import Event
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
from rms.receivables.store import RECEIVABLE

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
    command: Command,
    receivable_id: UUID,
    *,
    order_id: UUID,
    order_no: str,
    shipment_id: UUID | None,
    account_id: UUID,
    account_name: str,
    amount: Money,
    due_date: date,
    owner_id: str | None = None,
    instalment: int = 1,
    kind: ReceivableKind = ReceivableKind.SHIPMENT,
) -> Receivable:
    """Store and publish a receivable of the account's owner, else of `owner_id` or who acts."""
    tx, now, zero = command.tx, command.now, Money.zero(amount.currency)
    intended = (await account_owner_id(tx, account_id), owner_id)
    ownership = await eligible_owner(tx, *intended, acting=command.actor)
    receivable = Receivable(
        id=receivable_id,
        document_no=await _next_number(command),
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
        owner_id=ownership.owner_id,
        instalment=instalment,
        status=receivable_status(amount, zero),
        created_at=now,
        updated_at=now,
    )
    await _open(command, receivable, ownership)
    return receivable


async def _next_number(command: Command) -> str:
    today = await tenant_settings.today(command.tx, command.now)
    return await next_number(command.tx, "rms.receivable", prefix="AR", on=today)


async def _open(command: Command, receivable: Receivable, ownership: Ownership) -> None:
    """Store and publish a new receivable, notify its owner, and plan the check of its due date."""
    tx = command.tx
    async with ownership_explained(tx, ownership):
        await create_record(command, RECEIVABLE, receivable, validate=False)
    about, name = _reference(receivable), receivable.display_name
    await announce_ownership(tx, about, name=name, ownership=ownership, actor=command.actor)
    await _schedule_overdue_check(tx, receivable)


async def allocate_to_receivable(
    command: Command,
    receivable_id: UUID,
    amount: Money,
    *,
    allocation_id: UUID,
    payment_id: UUID,
) -> Receivable:
    """Allocate `amount` of a payment to the receivable and publish it.

    Raises NotFound, Conflict (STALE_WRITE) if less than that is open.
    """
    before = await RECEIVABLE.get(command.tx, receivable_id, lock=True)
    after = before.allocate(amount, now=command.now)
    event = after.allocated_event(amount, allocation_id=allocation_id, payment_id=payment_id)
    receivable = await save_record(command, RECEIVABLE, before, after, event)
    await _end_collection_if_settled(command.tx, receivable)
    return receivable


async def reopen_receivable(
    command: Command,
    receivable_id: UUID,
    amount: Money,
    *,
    allocation_id: UUID,
    reverses_id: UUID,
    payment_id: UUID,
) -> Receivable:
    """Open `amount` again because its allocation was reversed, and publish it.

    Schedules another overdue check; the owner has to collect it if it is overdue by now.
    Raises NotFound, Conflict (STALE_WRITE) if less is settled.
    """
    before = await RECEIVABLE.get(command.tx, receivable_id, lock=True)
    after = before.reopen(amount, now=command.now)
    event = after.reopened_event(
        amount, allocation_id=allocation_id, reverses_id=reverses_id, payment_id=payment_id
    )
    receivable = await save_record(command, RECEIVABLE, before, after, event)
    await _schedule_overdue_check(command.tx, receivable)
    if receivable.is_overdue(await tenant_settings.today(command.tx, command.now)):
        await _request_collection(command.tx, receivable)
    return receivable


async def withdraw_prepayment(
    command: Command, order_id: UUID, amount: Money, *, account_id: UUID
) -> None:
    """Withdraw `amount` from the order's open prepayments, the latest due first, and publish it.

    Raises RuleBroken (PREPAYMENT_ALLOCATED) where payments have settled a part of it.
    """
    await store.lock_account(command.tx, account_id)
    remaining = amount
    prepaid = await store.lock_prepayments(command.tx, order_id)
    for before in sorted(prepaid, key=lambda one: (one.due_date, one.id), reverse=True):
        part = min(before.open, remaining)
        if not part.is_zero:
            after = before.withdraw(part, now=command.now)
            event = after.withdrawn_event(part)
            saved = await save_record(command, RECEIVABLE, before, after, event)
            await _end_collection_if_settled(command.tx, saved)
            remaining -= part
    if not remaining.is_zero:
        raise RuleBroken("PREPAYMENT_ALLOCATED", **money_params("amount", remaining))


async def transfer_receivable(
    command: Command, receivable_id: UUID, owner_id: str, /
) -> Receivable:
    """Give the receivable another owner; the present owner changes nothing.

    The new owner also has to collect it, if its collection is open or it is overdue.
    Raises NotFound, PreconditionRequired, PreconditionFailed.
    """

    def give(receivable: Receivable) -> Receivable:
        return replace(receivable, owner_id=owner_id)

    receivable = await edit_record(command, RECEIVABLE, receivable_id, give)
    is_overdue = receivable.is_overdue(await tenant_settings.today(command.tx, command.now))
    if is_overdue or await has_open_task(command.tx, COLLECTION, _reference(receivable)):
        await _request_collection(command.tx, receivable)
    return receivable


async def report_overdue(command: Command, receivable_id: UUID) -> datetime | None:
    """Publish once that the receivable is overdue; returns when to check again, or None.

    Its owner is notified and has to collect it. The check comes too early, and again, where the
    tenant's time zone has changed since it was scheduled. Raises NotFound.
    """
    timezone = (await tenant_settings.settings_of(command.tx)).timezone
    today = business_date(command.now, timezone)

    def mark(receivable: Receivable) -> tuple[Receivable, Event] | AlreadyMade:
        if not receivable.may_become_overdue or not receivable.is_overdue(today):
            return MADE
        marked = receivable.mark_overdue(today, now=command.now)
        return marked, marked.overdue_event(today)

    async def save(before: Receivable, after: Receivable, event: Event | None) -> Receivable:
        saved = await save_record(command, RECEIVABLE, before, after, event)
        about, params = _reference(saved), _work_params(saved)
        await notify(command.tx, OVERDUE, about, recipient=saved.owner_id, params=params)
        await _request_collection(command.tx, saved)
        return saved

    receivable = await move_record(command, RECEIVABLE, receivable_id, mark, save=save)
    is_waiting = receivable.may_become_overdue
    return start_of_day(receivable.due_date + DAY, timezone) if is_waiting else None


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
        key, about = str(receivable.id), _reference(receivable)
        await queue.enqueue(tx, OVERDUE_JOB, key, run_at=run_at, about=about)
