"""What this service listens to."""

from chassis import directory
from chassis.consumer.subscriptions import replica
from chassis.worker import Worker
from contracts.l2o.events import (
    AccountCreated,
    OpportunityLost,
    OpportunityOpened,
    OpportunityStageMoved,
    OpportunityWon,
)
from cpq.accounts.handlers import on_accounts
from cpq.opportunities.handlers import on_opportunities

SUBSCRIPTIONS = (
    directory.subscription("cpq"),
    replica("cpq.accounts", {AccountCreated: on_accounts}),
    replica(
        "cpq.opportunities",
        {
            OpportunityOpened: on_opportunities,
            OpportunityStageMoved: on_opportunities,
            OpportunityWon: on_opportunities,
            OpportunityLost: on_opportunities,
        },
    ),
)

WORKER = Worker(service="cpq", subscriptions=SUBSCRIPTIONS)
