"""Composition root of the worker: subscriptions and jobs."""

from chassis.composition.worker import Worker
from chassis.events.replicas import replica
from chassis.events.subscriptions import process
from chassis.records.directory_subscriptions import directory_subscriptions
from contracts.l2o.events import ConversionCompleted, ConversionRejected
from mtl.accounts.store import ACCOUNT_COPY
from mtl.contacts.store import CONTACT_COPY
from mtl.conversions.actions.conversions import CONVERSION_DEADLINE_JOB
from mtl.conversions.handlers import on_conversion_completed, on_conversion_rejected
from mtl.conversions.timers import check_conversion_deadline
from mtl.followups.actions import NEXT_STEP_JOB
from mtl.followups.timers import remind_of_next_step
from mtl.leads.actions.moves import WAKE_JOB
from mtl.leads.timers import wake_lead
from mtl.opportunities.store import OPPORTUNITY_COPY
from mtl.scores.actions import RESCORING_JOB
from mtl.scores.timers import rescore_leads
from mtl.settings import MtlSettings

SUBSCRIPTIONS = (
    process(
        "mtl.conversions",
        {
            ConversionCompleted: on_conversion_completed,
            ConversionRejected: on_conversion_rejected,
        },
    ),
    replica("mtl.accounts", ACCOUNT_COPY),
    replica("mtl.contacts", CONTACT_COPY),
    replica("mtl.opportunities", OPPORTUNITY_COPY),
    *directory_subscriptions("mtl"),
)

WORKER = Worker(
    service="mtl",
    subscriptions=SUBSCRIPTIONS,
    jobs={
        CONVERSION_DEADLINE_JOB: check_conversion_deadline,
        WAKE_JOB: wake_lead,
        RESCORING_JOB: rescore_leads,
        NEXT_STEP_JOB: remind_of_next_step,
    },
    settings=MtlSettings,
)
