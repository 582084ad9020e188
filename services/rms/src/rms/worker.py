"""The events RMS subscribes to, and its background jobs."""

from chassis.composition.worker import Worker
from chassis.events.subscriptions import process, replica
from chassis.records.directory_subscriptions import directory_subscriptions
from contracts.cpq.events import QuoteAccepted
from contracts.l2o.events import (
    AccountAssigned,
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
)
from rms.accounts.handlers import on_accounts
from rms.orders.handlers import on_quote_accepted
from rms.receivables.actions import OVERDUE_JOB
from rms.receivables.timers import receivable_overdue

SUBSCRIPTIONS = (
    process("rms.quotes", {QuoteAccepted: on_quote_accepted}),
    replica(
        "rms.accounts",
        {
            AccountCreated: on_accounts,
            AccountChanged: on_accounts,
            AccountAssigned: on_accounts,
            AccountDeleted: on_accounts,
            AccountRestored: on_accounts,
        },
    ),
    *directory_subscriptions("rms"),
)

WORKER = Worker(service="rms", subscriptions=SUBSCRIPTIONS, jobs={OVERDUE_JOB: receivable_overdue})
