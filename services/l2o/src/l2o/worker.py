"""What L2O listens to."""

from chassis import directory
from chassis.consumer.subscriptions import process
from chassis.worker import Worker
from contracts.mtl.events import LeadConverted
from contracts.rms.events import OrderConfirmed, OrderShipped, PaymentReceived
from l2o.accounts import handlers as accounts
from l2o.conversions import handlers as conversions
from l2o.opportunities import handlers as opportunities

SUBSCRIPTIONS = (
    process("l2o.conversions", {LeadConverted: conversions.on_lead_converted}),
    process("l2o.orders", {OrderConfirmed: opportunities.on_order_confirmed}),
    process(
        "l2o.totals",
        {
            OrderConfirmed: accounts.on_order_confirmed,
            OrderShipped: accounts.on_order_shipped,
            PaymentReceived: accounts.on_payment_received,
        },
        most=1,  # orders of one account come on any partition: two batches would deadlock on it
    ),
    directory.subscription("l2o"),
)

WORKER = Worker("l2o", SUBSCRIPTIONS)
