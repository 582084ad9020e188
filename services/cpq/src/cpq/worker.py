"""What this service listens to."""

from chassis.composition.worker import Worker
from chassis.events.subscriptions import replica
from chassis.files.imports.jobs import import_failures, import_jobs
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
from cpq.accounts.handlers import on_accounts
from cpq.imports.timers import IMPORTS
from cpq.opportunities.handlers import on_opportunities
from cpq.quotes.actions.moves import EXPIRE_JOB
from cpq.quotes.timers import expire_quote

SUBSCRIPTIONS = (
    *directory_subscriptions("cpq"),
    replica(
        "cpq.accounts",
        {
            AccountCreated: on_accounts,
            AccountChanged: on_accounts,
            AccountAssigned: on_accounts,
            AccountDeleted: on_accounts,
            AccountRestored: on_accounts,
        },
    ),
    replica(
        "cpq.opportunities",
        {
            OpportunityOpened: on_opportunities,
            OpportunityStageMoved: on_opportunities,
            OpportunityChanged: on_opportunities,
            OpportunityAssigned: on_opportunities,
            OpportunityWon: on_opportunities,
            OpportunityLost: on_opportunities,
            OpportunityDeleted: on_opportunities,
            OpportunityRestored: on_opportunities,
        },
    ),
)

WORKER = Worker(
    service="cpq",
    subscriptions=SUBSCRIPTIONS,
    jobs={**import_jobs(IMPORTS), EXPIRE_JOB: expire_quote},
    failed={**import_failures(IMPORTS)},
)
