"""Composition root of the worker: subscriptions and jobs."""

from chassis.composition.worker import Worker
from chassis.events.replicas import replica
from chassis.events.subscriptions import process
from chassis.records.directory_subscriptions import directory_subscriptions
from chassis.records.working_time.replica import working_time_subscription
from contracts.mtl.events import ConversionCancelled, ConversionRequested, LeadConverted
from contracts.rms.events import (
    OrderAmended,
    OrderCancelled,
    OrderConfirmed,
    OrderLinesCancelled,
)
from l2o.activities.actions import NEXT_STEP_JOB
from l2o.activities.timers import remind_of_next_step
from l2o.conversions import handlers as conversions
from l2o.grade_queues.actions import GRADING_JOB
from l2o.grades.timers import grade_accounts
from l2o.opportunities import handlers as opportunities
from l2o.orders.store import ORDER_COPY
from l2o.payments.store import PAYMENT_COPY
from l2o.products.store import PRODUCT_COPY
from l2o.receivables.store import RECEIVABLE_COPY
from l2o.rfm_scores.actions import RFM_JOB
from l2o.rfm_scores.handlers import on_order_fact
from l2o.rfm_scores.timers import compute_rfm
from l2o.timelines.domain import SOURCES
from l2o.timelines.handlers import on_document_fact

SUBSCRIPTIONS = (
    process(
        "l2o.conversions",
        {
            LeadConverted: conversions.on_lead_converted,
            ConversionRequested: conversions.on_conversion_requested,
            ConversionCancelled: conversions.on_conversion_cancelled,
        },
    ),
    process("l2o.orders", {OrderConfirmed: opportunities.on_order_confirmed}),
    replica("l2o.totals", ORDER_COPY, PAYMENT_COPY, RECEIVABLE_COPY),
    replica("l2o.products", PRODUCT_COPY),
    process(
        "l2o.rfm_scores",
        dict.fromkeys(
            (OrderConfirmed, OrderAmended, OrderLinesCancelled, OrderCancelled), on_order_fact
        ),
    ),
    process("l2o.timelines", dict.fromkeys(SOURCES, on_document_fact)),
    *directory_subscriptions("l2o"),
    working_time_subscription("l2o"),
)

WORKER = Worker(
    "l2o",
    SUBSCRIPTIONS,
    jobs={
        GRADING_JOB: grade_accounts,
        NEXT_STEP_JOB: remind_of_next_step,
        RFM_JOB: compute_rfm,
    },
)
