"""The worker of this service: the events it subscribes to and the jobs it runs."""

from chassis.composition.worker import Worker
from chassis.events.subscriptions import replica
from chassis.files.imports.jobs import import_failure_handlers, import_jobs
from chassis.records.directory_subscriptions import directory_subscriptions
from contracts.l2o.events import (
    AccountAssigned,
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityDeleted,
    OpportunityLost,
    OpportunityOpened,
    OpportunityRestored,
    OpportunityStageMoved,
    OpportunityWon,
)
from cpq.accounts.handlers import on_account_events
from cpq.imports import IMPORTS
from cpq.opportunities.handlers import on_opportunity_events
from cpq.quotes.actions.moves import EXPIRE_JOB
from cpq.quotes.timers import run_quote_expiry

SUBSCRIPTIONS = (
    *directory_subscriptions("cpq"),
    replica(
        "cpq.accounts",
        {
            AccountCreated: on_account_events,
            AccountChanged: on_account_events,
            AccountAssigned: on_account_events,
            AccountDeleted: on_account_events,
            AccountRestored: on_account_events,
        },
    ),
    replica(
        "cpq.opportunities",
        {
            OpportunityOpened: on_opportunity_events,
            OpportunityStageMoved: on_opportunity_events,
            OpportunityChanged: on_opportunity_events,
            OpportunityAssigned: on_opportunity_events,
            OpportunityWon: on_opportunity_events,
            OpportunityLost: on_opportunity_events,
            OpportunityDeleted: on_opportunity_events,
            OpportunityRestored: on_opportunity_events,
        },
    ),
)

WORKER = Worker(
    service="cpq",
    subscriptions=SUBSCRIPTIONS,
    jobs={**import_jobs(IMPORTS), EXPIRE_JOB: run_quote_expiry},
    failure_handlers={**import_failure_handlers(IMPORTS)},
)
