"""The worker of org: subscriptions that create tasks and notifications, and its jobs."""

from chassis.composition.worker import Worker
from chassis.events.subscriptions import process
from chassis.records.directory_subscriptions import directory_subscriptions
from contracts.tenant_tasks import TenantTaskEnded
from contracts.topics import declared_events
from contracts.work import WorkChanged, WorkSnapshot
from org.reminders.actions import REMINDER_JOB
from org.reminders.timers import reminder_due
from org.tasks.actions import OVERDUE_JOB
from org.tasks.handlers import on_work_changed, on_work_snapshot
from org.tasks.timers import task_overdue
from org.tenant_tasks.handlers import on_tenant_task_finished

# Tasks and notices of all services, none of which org knows.
WORK_SUBSCRIPTION = process(
    "org.work",
    dict.fromkeys(declared_events(WorkChanged), on_work_changed),
    snapshots=dict.fromkeys(declared_events(WorkSnapshot), on_work_snapshot),
)

# Collects the reports of all services on tenant tasks.
TENANT_TASK_SUBSCRIPTION = process(
    "org.tenant_task_reports",
    dict.fromkeys(declared_events(TenantTaskEnded), on_tenant_task_finished),
    max_batch_size=1,
)

WORKER = Worker(
    "org",
    (*directory_subscriptions("org"), WORK_SUBSCRIPTION, TENANT_TASK_SUBSCRIPTION),
    deletes_last=True,
    jobs={REMINDER_JOB: reminder_due, OVERDUE_JOB: task_overdue},
)
