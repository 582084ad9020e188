"""The worker of this service: the events it subscribes to and the jobs it runs."""

from chassis.composition.worker import Worker
from chassis.events.replicas import replica
from chassis.files.imports.jobs import import_failure_handlers, import_jobs
from chassis.records.directory_subscriptions import directory_subscriptions
from cpq.accounts.store import ACCOUNT_COPY
from cpq.imports import IMPORTS
from cpq.opportunities.store import OPPORTUNITY_COPY
from cpq.quotes.actions.moves import EXPIRE_JOB
from cpq.quotes.timers import run_quote_expiry
from cpq.snapshots import SNAPSHOTS

SUBSCRIPTIONS = (
    *directory_subscriptions("cpq"),
    replica("cpq.accounts", ACCOUNT_COPY),
    replica("cpq.opportunities", OPPORTUNITY_COPY),
)

WORKER = Worker(
    service="cpq",
    subscriptions=SUBSCRIPTIONS,
    snapshots=SNAPSHOTS,
    jobs={**import_jobs(IMPORTS), EXPIRE_JOB: run_quote_expiry},
    failure_handlers={**import_failure_handlers(IMPORTS)},
)
