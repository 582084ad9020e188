"""Composition root of the worker: subscriptions and jobs."""

from chassis.composition.worker import Worker
from chassis.events.replicas import replica
from chassis.events.subscriptions import process
from chassis.records.directory_subscriptions import directory_subscriptions
from contracts.mtl.events import LeadConverted
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
from l2o.accounts import handlers as accounts
from l2o.conversions import handlers as conversions
from l2o.opportunities import handlers as opportunities
from l2o.products.store import PRODUCT_COPY

SUBSCRIPTIONS = (
    process("l2o.conversions", {LeadConverted: conversions.on_lead_converted}),
    process("l2o.orders", {OrderConfirmed: opportunities.on_order_confirmed}),
    process(
        "l2o.totals",
        {
            OrderConfirmed: accounts.on_order_confirmed,
            OrderAmended: accounts.on_order_withdrawn,
            OrderLinesCancelled: accounts.on_order_withdrawn,
            OrderCancelled: accounts.on_order_withdrawn,
            OrderShipped: accounts.on_order_shipped,
            PaymentReceived: accounts.on_payment_received,
            PaymentRefunded: accounts.on_payment_refunded,
            PaymentReversed: accounts.on_payment_reversed,
        },
        # Orders of one account come on any partition: two batches would deadlock on it.
        max_batch_size=1,
    ),
    replica("l2o.products", PRODUCT_COPY),
    *directory_subscriptions("l2o"),
)

WORKER = Worker(
    "l2o",
    SUBSCRIPTIONS,
)
