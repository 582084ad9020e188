"""A part of an order leaves the house, and the customer owes for it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.clock import business_date
from chassis.records import tenant_settings
from chassis.records.numbers.numbers import next_number
from kernel.ids import new_id
from kernel.money import Money
from rms.orders import store
from rms.orders.domain.order import Order, Wanted
from rms.orders.domain.shipments import Shipment
from rms.payment_terms.domain import Due, net
from rms.receivables.actions import create_receivable, prepayment_of


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

    They are owed by the order's payment term, or with `due_days` at once, so many days after;
    what was owed ahead for them is deducted. Raises what `Order.parts` raises, and NotFound.
    """
    timezone = (await tenant_settings.settings_of(tx)).timezone
    today = business_date(now, timezone)
    before = await store.get(tx, order_id, lock=True)
    shipped_date = shipped_date or today
    earliest = business_date(before.created_at, timezone)
    parts = before.parts(wanted, shipped_date=shipped_date, earliest=earliest, today=today)
    order = await store.save_lines(tx, before.ship(parts, now=now), [p.line_id for p in parts])
    amount, deducted = order.shipped_since(before)
    ahead = await prepayment_of(tx, order_id) if deducted == amount else None
    owed = [] if ahead else _owed(order, amount - deducted, shipped_date, due_days)
    shipment = Shipment(
        id=new_id(),
        document_no=await next_number(tx, "shipment", prefix="SH", on=today),
        order_id=order.id,
        shipped_date=shipped_date,
        amount=amount,
        deducted=deducted,
        receivable_id=ahead or owed[0][0],
        lines=parts,
        created_at=now,
    )
    await store.add_shipment(tx, shipment)
    await publish(tx, order.shipped(shipment, [one for one, _ in owed]), of=order)
    for receivable_id, due in owed:
        await _bill(tx, order, shipment, receivable_id, due, today=today)
    return shipment


def _owed(
    order: Order, amount: Money, shipped_date: date, due_days: int | None
) -> list[tuple[UUID, Due]]:
    """What is owed for a shipment when, with the ids of the receivables to be."""
    term = order.payment_term if due_days is None else net(due_days)
    dues = term.dues(amount, shipped_date) or net(0).dues(amount, shipped_date)
    return [(new_id(), due) for due in dues]


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
