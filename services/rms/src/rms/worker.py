"""The events RMS subscribes to, and its background jobs."""

from chassis.composition.worker import Worker
from chassis.events.replicas import replica
from chassis.events.subscriptions import process
from chassis.records.access.grant_copies import grant_subscription
from chassis.records.directory_subscriptions import directory_subscriptions
from contracts.cpq.events import QuoteAccepted
from contracts.l2o.events import GrantState
from rms.accounts.store import ACCOUNT_COPY
from rms.opportunities.store import OPPORTUNITY_COPY
from rms.orders.handlers import on_quote_accepted
from rms.receivables.actions import OVERDUE_JOB
from rms.receivables.timers import receivable_overdue

SUBSCRIPTIONS = (
    process("rms.quotes", {QuoteAccepted: on_quote_accepted}),
    replica("rms.accounts", ACCOUNT_COPY),
    replica("rms.opportunities", OPPORTUNITY_COPY),
    grant_subscription("rms", GrantState),
    *directory_subscriptions("rms"),
)

WORKER = Worker(
    service="rms",
    subscriptions=SUBSCRIPTIONS,
    jobs={OVERDUE_JOB: receivable_overdue},
)
