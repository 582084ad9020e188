"""The events and jobs of DESK's worker."""

from chassis.composition.worker import Worker
from chassis.events.replicas import replica
from chassis.events.subscriptions import process
from chassis.records.directory_subscriptions import directory_subscriptions
from chassis.records.working_time.replica import working_time_subscription
from contracts.approvals import ApprovalRequestChanged, ApprovalRequestSnapshot
from contracts.attachments import AttachmentChanged, AttachmentSnapshot
from contracts.messages import MessageRequested
from contracts.mtl.events import ConsentRecorded, ConsentSnapshot
from contracts.org.events import PersonChanged, PersonDeactivated
from contracts.topics import declared_events
from desk.approvals.actions.clock import CLOCK_JOB
from desk.approvals.actions.leaves import LEAVE_JOB
from desk.approvals.actions.leaving import LEAVING_JOB
from desk.approvals.handlers import (
    on_approval_request_changed,
    on_approval_request_snapshot,
    on_person_changed,
    on_person_deactivated,
)
from desk.approvals.timers import replace_leaver, run_clock, stand_in
from desk.files.actions.drops import DROP_JOB, drop_everything
from desk.files.actions.uploads import CHECK_JOB, COLLECTION_JOB
from desk.files.handlers import on_attachment_changed
from desk.files.timers import CHECK_FILE, DROP_OBJECTS, collect_unattached
from desk.message_consents.handlers import on_consent_recorded
from desk.messages.actions.queue import SEND_JOB
from desk.messages.handlers import on_message_requested
from desk.messages.timers import SEND_MESSAGE
from desk.roles.store import HOLDER_COPY, ROLE_COPY
from desk.settings import DeskSettings

# Requests of all services, none of which desk knows.
REQUESTS = process(
    "desk.approval_requests",
    dict.fromkeys(declared_events(ApprovalRequestChanged), on_approval_request_changed),
    snapshots=dict.fromkeys(declared_events(ApprovalRequestSnapshot), on_approval_request_snapshot),
)
# The same of their attachments.
ATTACHMENTS = process(
    "desk.attachments",
    dict.fromkeys(declared_events(AttachmentChanged), on_attachment_changed),
    snapshots=dict.fromkeys(declared_events(AttachmentSnapshot), on_attachment_changed),
)
# Messages that services of the house ask for.
MESSAGES = process(
    "desk.message_requests",
    dict.fromkeys(declared_events(MessageRequested), on_message_requested),
)
CONSENTS = process(
    "desk.consents",
    {ConsentRecorded: on_consent_recorded},
    snapshots={ConsentSnapshot: on_consent_recorded},
)
SUBSCRIPTIONS = (
    *directory_subscriptions("desk"),
    working_time_subscription("desk"),
    replica("desk.roles", ROLE_COPY, HOLDER_COPY),
    REQUESTS,
    process("desk.approvers", {PersonDeactivated: on_person_deactivated}),
    process("desk.leaves", {PersonChanged: on_person_changed}),
    ATTACHMENTS,
    MESSAGES,
    CONSENTS,
)

WORKER = Worker(
    "desk",
    SUBSCRIPTIONS,
    jobs={
        CLOCK_JOB: run_clock,
        LEAVE_JOB: stand_in,
        LEAVING_JOB: replace_leaver,
        COLLECTION_JOB: collect_unattached,
    },
    split_jobs={CHECK_JOB: CHECK_FILE, DROP_JOB: DROP_OBJECTS, SEND_JOB: SEND_MESSAGE},
    settings=DeskSettings,
    emptied_elsewhere=drop_everything,
)
