from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import directory
from chassis.clock import business_date
from chassis.numbers import next_number
from chassis.outbox import publish
from chassis.preconditions import UNCONDITIONAL, Precondition
from contracts.cpq.events import QuoteState
from contracts.event import Event
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from kernel.money import Money
from rms.orders import store
from rms.orders.domain.amendments import Amendment, Revision, amend
from rms.orders.domain.cancellations import Cancellation, cancel, cancel_lines
from rms.orders.domain.lines import Part
from rms.orders.domain.order import Order, Wanted
from rms.orders.domain.quotes import ensure_sound, order_of
from rms.orders.domain.shipments import Shipment
from rms.payment_terms.actions import default_term, term_of
from rms.payment_terms.domain import Due, Term, net
from rms.receivables.actions import create_receivable


async def create_order(tx: AsyncConnection, quote: QuoteState, *, now: datetime) -> None:
    """Make the one order of an accepted quote and publish it; nothing if it is made already.

    Raises RuleBroken (QUOTE_UNSOUND).
    """
    ensure_sound(quote)
    await store.lock_quote(tx, quote.quote_id)
    if await store.has_order(tx, quote.quote_id):
        return
    account_name = await store.account_name(tx, quote.account_id)
    today = await directory.today(tx, now)
    payment_term = await default_term(tx)
    order = order_of(
        quote,
        order_id=new_id(),
        line_ids=new_id,
        document_no=await next_number(tx, "order", prefix="SO", on=today),
        account_name=account_name or quote.account_name,
        payment_term=payment_term,
        now=now,
    )
    await store.add(tx, order)
    await publish(tx, order.created(), of=order)


async def confirm_order(
    tx: AsyncConnection,
    order_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Let the order bind both sides and publish it; nothing if it does.

    Raises NotFound, RuleBroken (ORDER_CANCELLED).
    """
    before = await store.get(tx, order_id, lock=True)
    order, confirmed = before.confirm(now=now)
    if confirmed is not None:
        expected.check(before)
        order = await store.save(tx, order)
        await publish(tx, confirmed, of=order)


async def amend_order(
    tx: AsyncConnection,
    order_id: UUID,
    amendment: Amendment,
    *,
    term_code: str | None,
    actor: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Change an order of which nothing left yet, keep how it stood before, and publish it.

    Raises NotFound, RuleBroken and Invalid as `amend` does, and Invalid (PAYMENT_TERM_UNKNOWN).
    """
    before = await store.get(tx, order_id, lock=True)
    if term_code is not None:
        amendment = replace(amendment, payment_term=await _term(tx, term_code))
    today = await directory.today(tx, now)
    order, amended = amend(before, amendment, today=today, now=now)
    if amended is None:
        return
    expected.check(before)
    revision = Revision(
        id=new_id(),
        order_id=order_id,
        revision=before.revision,
        reason=amendment.reason,
        actor=actor,
        state=before.state(),
        created_at=now,
    )
    order = await store.save_amended(tx, order, revision)
    await publish(tx, amended, of=order)


async def _term(tx: AsyncConnection, code: str) -> Term:
    term = await term_of(tx, code)
    if term is None:
        raise Invalid([Violation("/payment_term", "PAYMENT_TERM_UNKNOWN")])
    return term


async def cancel_order(
    tx: AsyncConnection,
    order_id: UUID,
    *,
    reason: str,
    actor: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Ship nothing of the order and publish it; nothing if it is cancelled.

    Raises NotFound, RuleBroken (ORDER_PARTLY_SHIPPED, ORDER_SHIPPED).
    """
    before = await store.get(tx, order_id, lock=True)
    order, parts, cancelled = cancel(before, reason=reason, now=now)
    if cancelled is not None:
        expected.check(before)
        await _cancel(tx, order, parts, cancelled, reason=reason, actor=actor)


async def cancel_order_lines(
    tx: AsyncConnection,
    order_id: UUID,
    wanted: Sequence[Wanted] | None,
    *,
    reason: str,
    actor: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Do not ship these quantities, or anything that is left, and publish it.

    Raises NotFound, RuleBroken and Invalid as `cancel_lines` does.
    """
    before = await store.get(tx, order_id, lock=True)
    expected.check(before)
    order, parts, cancelled = cancel_lines(before, wanted, reason=reason, now=now)
    await _cancel(tx, order, parts, cancelled, reason=reason, actor=actor)


async def _cancel(
    tx: AsyncConnection,
    order: Order,
    parts: Sequence[Part],
    cancelled: Event,
    *,
    reason: str,
    actor: str,
) -> None:
    made = [
        Cancellation(
            id=new_id(),
            order_id=order.id,
            line_id=part.line_id,
            quantity=part.quantity,
            amount=part.amount,
            reason=reason,
            actor=actor,
            created_at=order.updated_at,
        )
        for part in parts
    ]
    order = await store.save_lines(tx, order, [part.line_id for part in parts])
    await store.add_cancellations(tx, made)
    await publish(tx, cancelled, of=order)


async def ship_order(
    tx: AsyncConnection,
    order_id: UUID,
    wanted: Sequence[Wanted] | None,
    *,
    shipped_date: date | None,
    due_days: int | None,
    now: datetime,
) -> Shipment:
    """Ship these quantities, or all that is left, and let the customer owe for them.

    They are owed by the order's payment term, or with `due_days` at once, so many days after.
    Raises NotFound, RuleBroken and Invalid as `Order.parts` does.
    """
    timezone = (await directory.settings_of(tx)).timezone
    today = business_date(now, timezone)
    order = await store.get(tx, order_id, lock=True)
    shipped_date = shipped_date or today
    earliest = business_date(order.created_at, timezone)
    parts = order.parts(wanted, shipped_date=shipped_date, earliest=earliest, today=today)
    order = await store.save_lines(tx, order.ship(parts, now=now), [one.line_id for one in parts])
    amount = sum((part.amount for part in parts), Money.zero(order.currency))
    term = order.payment_term if due_days is None else net(due_days)
    owed = [(new_id(), due) for due in term.dues(amount, shipped_date)]
    shipment = Shipment(
        id=new_id(),
        document_no=await next_number(tx, "shipment", prefix="SH", on=today),
        order_id=order.id,
        shipped_date=shipped_date,
        amount=amount,
        receivable_id=owed[0][0],
        lines=parts,
        created_at=now,
    )
    await store.add_shipment(tx, shipment)
    await publish(tx, order.shipped(shipment, [one for one, _ in owed]), of=order)
    for receivable_id, due in owed:
        await _bill(tx, order, shipment, receivable_id, due, today=today)
    return shipment


async def _bill(
    tx: AsyncConnection,
    order: Order,
    shipment: Shipment,
    receivable_id: UUID,
    due: Due,
    *,
    today: date,
) -> None:
    await create_receivable(
        tx,
        receivable_id,
        order_id=order.id,
        order_no=order.document_no,
        shipment_id=shipment.id,
        account_id=order.account_id,
        account_name=order.account_name,
        amount=due.amount,
        due_date=due.due_date,
        owner_id=order.owner_id,
        instalment=due.place,
        today=today,
        now=shipment.created_at,
    )
