"""Commands that create, settle, reopen, withdraw and edit receivables."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records import tenant_settings
from chassis.records.numbers.numbers import next_number
from chassis.records.record_commands import create_record, move_record, save_record
from chassis.web.commands import Command
from contracts.event import Event
from kernel.errors import RuleBroken
from kernel.money import Money
from rms.accounts.store import account_owner_id
from rms.receivables import store
from rms.receivables.domain import Receivable, ReceivableKind, money_params, receivable_status
from rms.receivables.store import RECEIVABLE

OVERDUE_JOB = "receivable_overdue"
DAY = timedelta(days=1)


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
    """Store and publish a receivable; it belongs to the account's owner, else to `owner_id`."""
    tx, now, zero = command.tx, command.now, Money.zero(amount.currency)
    today = await tenant_settings.today(tx, now)
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
    await create_record(command, RECEIVABLE, receivable, validate=False)
    await _schedule_overdue_check(tx, receivable)
    return receivable


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
    return await save_record(command, RECEIVABLE, before, after, event)


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

    Schedules another overdue check. Raises NotFound, Conflict (STALE_WRITE) if less is settled.
    """
    before = await RECEIVABLE.get(command.tx, receivable_id, lock=True)
    after = before.reopen(amount, now=command.now)
    event = after.reopened_event(
        amount, allocation_id=allocation_id, reverses_id=reverses_id, payment_id=payment_id
    )
    receivable = await save_record(command, RECEIVABLE, before, after, event)
    await _schedule_overdue_check(command.tx, receivable)
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
            await save_record(command, RECEIVABLE, before, after, after.withdrawn_event(part))
            remaining -= part
    if not remaining.is_zero:
        raise RuleBroken("PREPAYMENT_ALLOCATED", **money_params("amount", remaining))


async def report_overdue(command: Command, receivable_id: UUID) -> datetime | None:
    """Publish once that the receivable is overdue; returns when to check again, or None.

    The check comes too early, and again, where the tenant's time zone has changed since it was
    scheduled. Raises NotFound.
    """
    timezone = (await tenant_settings.settings_of(command.tx)).timezone
    today = business_date(command.now, timezone)

    def mark(receivable: Receivable) -> tuple[Receivable, Event] | None:
        if not receivable.may_become_overdue or not receivable.is_overdue(today):
            return None
        marked = receivable.mark_overdue(today, now=command.now)
        return marked, marked.overdue_event(today)

    receivable = await move_record(command, RECEIVABLE, receivable_id, mark)
    is_waiting = receivable.may_become_overdue
    return start_of_day(receivable.due_date + DAY, timezone) if is_waiting else None


async def _schedule_overdue_check(tx: AsyncConnection, receivable: Receivable) -> None:
    """Enqueue the check for the tenant's midnight after the due date, which may be in the past."""
    if receivable.may_become_overdue:
        timezone = (await tenant_settings.settings_of(tx)).timezone
        run_at = start_of_day(receivable.due_date + DAY, timezone)
        await queue.enqueue(tx, OVERDUE_JOB, str(receivable.id), run_at=run_at)
