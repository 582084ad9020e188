"""The worker of org: subscriptions that create tasks and notifications, and its jobs."""

from chassis.composition.worker import Worker
from chassis.events.subscriptions import process
from chassis.files.imports.jobs import import_failure_handlers, import_jobs
from chassis.records.directory_subscriptions import directory_subscriptions
from contracts.cpq import events as cpq
from contracts.l2o import events as l2o
from contracts.mtl import events as mtl
from contracts.org import events as org
from contracts.rms import events as rms
from contracts.tenant_tasks import TenantTaskEnded
from contracts.topics import declared_events
from org.imports import IMPORTS
from org.people.actions.erasure import publish_erased_people
from org.reminders.actions import REMINDER_JOB
from org.reminders.timers import reminder_due
from org.snapshots import SNAPSHOTS
from org.tasks import handlers as tasks
from org.tasks.actions import OVERDUE_JOB
from org.tasks.timers import task_overdue
from org.tenant_tasks.handlers import on_tenant_task_finished

IMPORTS_FINISHED = (
    org.OrgImportFinished,
    mtl.MtlImportFinished,
    l2o.L2oImportFinished,
    cpq.CpqImportFinished,
    rms.RmsImportFinished,
)
DAY_SUBSCRIPTION = process(
    "org.days",
    {
        mtl.LeadAssigned: tasks.on_lead_assigned,
        mtl.LeadConverted: tasks.on_lead_ended,
        mtl.LeadDisqualified: tasks.on_lead_ended,
        mtl.LeadDeleted: tasks.on_lead_ended,
        mtl.LeadReopened: tasks.on_lead_reopened,
        mtl.LeadRestored: tasks.on_lead_reopened,
        l2o.AccountAssigned: tasks.on_account_assigned,
        l2o.OpportunityAssigned: tasks.on_opportunity_assigned,
        l2o.OpportunityWon: tasks.on_opportunity_ended,
        l2o.OpportunityLost: tasks.on_opportunity_ended,
        l2o.OpportunityDeleted: tasks.on_opportunity_ended,
        l2o.OpportunityRestored: tasks.on_opportunity_restored,
        cpq.QuoteAssigned: tasks.on_quote_assigned,
        cpq.QuoteAccepted: tasks.on_quote_accepted,
        cpq.QuoteRejected: tasks.on_quote_rejected,
        cpq.QuoteExpired: tasks.on_quote_expired,
        rms.OrderAssigned: tasks.on_order_assigned,
        rms.ReceivableOverdue: tasks.on_receivable_overdue,
        rms.ReceivableAssigned: tasks.on_receivable_assigned,
        rms.ReceivableAllocated: tasks.on_receivable_reduced,
        rms.ReceivableReopened: tasks.on_receivable_reopened,
        rms.ReceivableWithdrawn: tasks.on_receivable_reduced,
        rms.PaymentReversed: tasks.on_payment_reversed,
        **dict.fromkeys(IMPORTS_FINISHED, tasks.on_import_finished),
    },
)

# Collects the reports of all services on tenant tasks.
TENANT_TASK_SUBSCRIPTION = process(
    "org.tenant_task_reports",
    dict.fromkeys(declared_events(TenantTaskEnded), on_tenant_task_finished),
    max_batch_size=1,
)

WORKER = Worker(
    "org",
    (*directory_subscriptions("org"), DAY_SUBSCRIPTION, TENANT_TASK_SUBSCRIPTION),
    snapshots=SNAPSHOTS,
    deletes_last=True,
    on_erased=publish_erased_people,
    jobs={**import_jobs(IMPORTS), REMINDER_JOB: reminder_due, OVERDUE_JOB: task_overdue},
    failure_handlers=import_failure_handlers(IMPORTS),
)
