"""What RMS listens to."""

from chassis import directory
from chassis.consumer.subscriptions import process, replica
from chassis.worker import Worker
from contracts.cpq.events import QuoteAccepted
from contracts.l2o.events import AccountCreated
from rms.accounts.handlers import on_accounts
from rms.orders.handlers import on_quote_accepted

SUBSCRIPTIONS = (
    process("rms.quotes", {QuoteAccepted: on_quote_accepted}),
    replica("rms.accounts", {AccountCreated: on_accounts}),
    directory.subscription("rms"),
)

WORKER = Worker(service="rms", subscriptions=SUBSCRIPTIONS)
