"""The worker of this service: the events it subscribes to and the jobs it runs."""

from chassis.composition.worker import Worker
from chassis.events.replicas import replica
from chassis.events.subscriptions import process
from chassis.records.access.grant_copies import grant_subscription
from chassis.records.approval_answers import approval_subscription
from chassis.records.directory_subscriptions import directory_subscriptions
from chassis.records.messages.replica import message_subscription
from contracts.cpq.approvals import QUOTE_DISCOUNT
from contracts.l2o.events import GrantState, OpportunityAssigned
from cpq.accounts.store import ACCOUNT_COPY
from cpq.opportunities.store import OPPORTUNITY_COPY
from cpq.quotes.actions.approvals import answer_quote
from cpq.quotes.actions.moves import EXPIRE_JOB
from cpq.quotes.handlers import on_opportunity_assigned
from cpq.quotes.timers import run_quote_expiry

SUBSCRIPTIONS = (
    *directory_subscriptions("cpq"),
    replica("cpq.accounts", ACCOUNT_COPY),
    replica("cpq.opportunities", OPPORTUNITY_COPY),
    grant_subscription("cpq", GrantState),
    process("cpq.transfers", {OpportunityAssigned: on_opportunity_assigned}),
    message_subscription("cpq"),
    approval_subscription("cpq", [(QUOTE_DISCOUNT, answer_quote)]),
)

WORKER = Worker(
    service="cpq",
    subscriptions=SUBSCRIPTIONS,
    jobs={EXPIRE_JOB: run_quote_expiry},
)
