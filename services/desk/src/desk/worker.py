"""The events and jobs of DESK's worker."""

from chassis.composition.worker import Worker
from chassis.events.subscriptions import process
from chassis.records.directory_subscriptions import directory_subscriptions
from contracts.attachments import AttachmentChanged, AttachmentSnapshot
from contracts.topics import declared_events
from desk.files.actions.drops import DROP_JOB, drop_everything
from desk.files.actions.uploads import CHECK_JOB, COLLECTION_JOB
from desk.files.handlers import on_attachment_changed
from desk.files.timers import CHECK_FILE, DROP_OBJECTS, collect_unattached
from desk.messages.actions.queue import SEND_JOB
from desk.messages.timers import SEND_MESSAGE
from desk.settings import DeskSettings

# The attachments of all services, none of which desk knows.
ATTACHMENT_SUBSCRIPTION = process(
    "desk.attachments",
    dict.fromkeys(declared_events(AttachmentChanged), on_attachment_changed),
    snapshots=dict.fromkeys(declared_events(AttachmentSnapshot), on_attachment_changed),
)

SUBSCRIPTIONS = (*directory_subscriptions("desk"), ATTACHMENT_SUBSCRIPTION)

WORKER = Worker(
    "desk",
    SUBSCRIPTIONS,
    jobs={COLLECTION_JOB: collect_unattached},
    split_jobs={CHECK_JOB: CHECK_FILE, DROP_JOB: DROP_OBJECTS, SEND_JOB: SEND_MESSAGE},
    settings=DeskSettings,
    emptied_elsewhere=drop_everything,
)
