"""Events of RMS: orders and payments are added to the totals of their account."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
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


async def on_order_confirmed(tx: AsyncConnection, event: OrderConfirmed, _: EventMeta) -> None:
    """Add the order."""
    await actions.add_ordered(tx, event.order.account_id, event.order.gross_total)


async def on_order_withdrawn(
    tx: AsyncConnection, event: OrderAmended | OrderCancelled | OrderLinesCancelled, _: EventMeta
) -> None:
    """Subtract the withdrawn amount; an amended order is added again when it is confirmed."""
    await actions.add_ordered(tx, event.order.account_id, -event.withdrawn_total)


async def on_order_shipped(tx: AsyncConnection, event: OrderShipped, _: EventMeta) -> None:
    """Add the shipment."""
    await actions.add_shipped(tx, event.order.account_id, event.shipment.amount)


async def on_payment_received(tx: AsyncConnection, event: PaymentReceived, _: EventMeta) -> None:
    """Add the payment."""
    await actions.add_received(tx, event.payment.account_id, event.payment.amount)


async def on_payment_refunded(tx: AsyncConnection, event: PaymentRefunded, _: EventMeta) -> None:
    """Subtract the refund."""
    await actions.add_received(tx, event.payment.account_id, -event.refund.amount)


async def on_payment_reversed(tx: AsyncConnection, event: PaymentReversed, _: EventMeta) -> None:
    """Subtract the reversal."""
    await actions.add_received(tx, event.payment.account_id, -event.reversal.amount)
