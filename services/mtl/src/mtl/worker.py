"""The composition root of the worker: what it listens to, and which jobs it runs."""

from chassis import directory
from chassis.consumer.subscriptions import process
from chassis.worker import Worker
from contracts.l2o.events import ConversionCompleted, ConversionRejected
from mtl.imports.actions import JOB
from mtl.imports.timers import on_given_up, run_chunk
from mtl.leads.actions import DEADLINE_JOB
from mtl.leads.handlers import on_conversion_completed, on_conversion_rejected
from mtl.leads.timers import conversion_deadline
from mtl.settings import MtlSettings

SUBSCRIPTIONS = (
    process(
        "mtl.conversions",
        {
            ConversionCompleted: on_conversion_completed,
            ConversionRejected: on_conversion_rejected,
        },
    ),
    directory.subscription("mtl"),
)

WORKER = Worker(
    service="mtl",
    subscriptions=SUBSCRIPTIONS,
    jobs={JOB: run_chunk, DEADLINE_JOB: conversion_deadline},
    failed={JOB: on_given_up},
    settings=MtlSettings,
)
