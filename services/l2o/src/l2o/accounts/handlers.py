"""Orders and payments that RMS tells of, counted for their account."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Meta
from contracts.rms.events import (
    OrderAmended,
    OrderCancelled,
    OrderConfirmed,
    OrderLinesCancelled,
    OrderShipped,
    PaymentReceived,
    PaymentRefunded,
    PaymentReversed,
)
from l2o.accounts import actions


async def on_order_confirmed(tx: AsyncConnection, event: OrderConfirmed, _: Meta) -> None:
    await actions.count_ordered(tx, event.order.account_id, event.order.gross_total)


async def on_order_withdrawn(
    tx: AsyncConnection, event: OrderAmended | OrderCancelled | OrderLinesCancelled, _: Meta
) -> None:
    """What was confirmed counts no more; an amended order counts again once it is confirmed."""
    await actions.count_ordered(tx, event.order.account_id, -event.withdrawn_total)


async def on_order_shipped(tx: AsyncConnection, event: OrderShipped, _: Meta) -> None:
    await actions.count_shipped(tx, event.order.account_id, event.shipment.amount)


async def on_payment_received(tx: AsyncConnection, event: PaymentReceived, _: Meta) -> None:
    await actions.count_received(tx, event.payment.account_id, event.payment.amount)


async def on_payment_refunded(tx: AsyncConnection, event: PaymentRefunded, _: Meta) -> None:
    await actions.count_received(tx, event.payment.account_id, -event.refund.amount)


async def on_payment_reversed(tx: AsyncConnection, event: PaymentReversed, _: Meta) -> None:
    await actions.count_received(tx, event.payment.account_id, -event.reversal.amount)
