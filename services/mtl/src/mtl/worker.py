"""Composition root of the worker: subscriptions and jobs."""

from chassis.composition.worker import Worker
from chassis.events.replicas import replica
from chassis.events.subscriptions import process
from chassis.records.directory_subscriptions import directory_subscriptions
from chassis.records.working_time.replica import working_time_subscription
from contracts.l2o.events import ConversionCompleted, ConversionRejected
from mtl.accounts.store import ACCOUNT_COPY
from mtl.assignments.actions.running import REASSIGNMENT_JOB
from mtl.assignments.timers import assign_left_leads, assign_new_leads
from mtl.bulk_changes.actions.requests import BULK_JOB
from mtl.bulk_changes.timers import change_leads, give_up_bulk_change
from mtl.capture_settings.actions import RETENTION_JOB
from mtl.captures.timers import empty_old_captures
from mtl.consents.store import CONSENT_SOURCE
from mtl.contacts.store import CONTACT_COPY
from mtl.conversions.actions.conversions import CONVERSION_DEADLINE_JOB
from mtl.conversions.handlers import on_conversion_completed, on_conversion_rejected
from mtl.conversions.timers import check_conversion_deadline
from mtl.followups.actions import NEXT_STEP_JOB
from mtl.followups.timers import remind_of_next_step
from mtl.leads.actions.moves import WAKE_JOB
from mtl.leads.actions.records import ASSIGNMENT_JOB
from mtl.leads.timers import wake_lead
from mtl.opportunities.store import OPPORTUNITY_COPY
from mtl.recyclings.actions import RECKONING_JOB, RECYCLING_JOB
from mtl.recyclings.timers import reckon_clocks, recycle_leads, start_again
from mtl.score_settings.actions import BEHAVIOR_JOB
from mtl.scores.actions import RESCORING_JOB
from mtl.scores.timers import count_behavior, rescore_leads
from mtl.settings import MtlSettings
from mtl.trainings.actions import TRAINING_JOB
from mtl.trainings.timers import give_up_training, train_score_model

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
    working_time_subscription("mtl"),
)

WORKER = Worker(
    service="mtl",
    subscriptions=SUBSCRIPTIONS,
    jobs={
        RETENTION_JOB: empty_old_captures,
        CONVERSION_DEADLINE_JOB: check_conversion_deadline,
        WAKE_JOB: wake_lead,
        RESCORING_JOB: rescore_leads,
        BEHAVIOR_JOB: count_behavior,
        TRAINING_JOB: train_score_model,
        BULK_JOB: change_leads,
        NEXT_STEP_JOB: remind_of_next_step,
        ASSIGNMENT_JOB: assign_new_leads,
        REASSIGNMENT_JOB: assign_left_leads,
        RECKONING_JOB: reckon_clocks,
        RECYCLING_JOB: recycle_leads,
    },
    failure_handlers={
        RETENTION_JOB: start_again,
        TRAINING_JOB: give_up_training,
        BULK_JOB: give_up_bulk_change,
        RECKONING_JOB: start_again,
        RECYCLING_JOB: start_again,
    },
    settings=MtlSettings,
    snapshot_sources=(CONSENT_SOURCE,),
)
