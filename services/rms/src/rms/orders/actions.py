from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import directory
from chassis.clock import business_date
from chassis.numbers import next_number
from chassis.outbox import publish
from contracts.cpq.events import QuoteState
from kernel.ids import new_id
from kernel.money import Money
from rms.orders import store
from rms.orders.domain.order import Order, Wanted
from rms.orders.domain.quotes import ensure_sound, order_of
from rms.orders.domain.shipments import Shipment
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
    order = order_of(
        quote,
        order_id=new_id(),
        line_ids=new_id,
        document_no=await next_number(tx, "order", prefix="SO", on=today),
        account_name=account_name or quote.account_name,
        now=now,
    )
    await store.add(tx, order)
    await publish(tx, order.created(), of=order)


async def confirm_order(tx: AsyncConnection, order_id: UUID, *, now: datetime) -> None:
    """Let the order bind both sides and publish it; nothing if it does. Raises NotFound."""
    order, confirmed = (await store.get(tx, order_id, lock=True)).confirm(now=now)
    if confirmed is not None:
        order = await store.save(tx, order)
        await publish(tx, confirmed, of=order)


async def ship_order(
    tx: AsyncConnection,
    order_id: UUID,
    wanted: Sequence[Wanted] | None,
    *,
    shipped_date: date | None,
    due_days: int,
    now: datetime,
) -> Shipment:
    """Ship these quantities, or all that is left, and let the customer owe for them.

    Raises NotFound, RuleBroken and Invalid as `Order.parts` does.
    """
    timezone = (await directory.settings_of(tx)).timezone
    today = business_date(now, timezone)
    order = await store.get(tx, order_id, lock=True)
    shipped_date = shipped_date or today
    earliest = business_date(order.created_at, timezone)
    parts = order.parts(wanted, shipped_date=shipped_date, earliest=earliest, today=today)
    order = await store.save_shipped(tx, order.ship(parts, now=now), parts)
    shipment = Shipment(
        id=new_id(),
        document_no=await next_number(tx, "shipment", prefix="SH", on=today),
        order_id=order.id,
        shipped_date=shipped_date,
        amount=sum((part.amount for part in parts), Money.zero(order.currency)),
        receivable_id=new_id(),
        lines=parts,
        created_at=now,
    )
    await store.add_shipment(tx, shipment)
    await publish(tx, order.shipped(shipment), of=order)
    due_date = shipped_date + timedelta(days=due_days)
    await _bill(tx, order, shipment, due_date=due_date, today=today)
    return shipment


async def _bill(
    tx: AsyncConnection, order: Order, shipment: Shipment, *, due_date: date, today: date
) -> None:
    await create_receivable(
        tx,
        shipment.receivable_id,
        order_id=order.id,
        order_no=order.document_no,
        shipment_id=shipment.id,
        account_id=order.account_id,
        account_name=order.account_name,
        amount=shipment.amount,
        due_date=due_date,
        today=today,
        now=shipment.created_at,
    )
