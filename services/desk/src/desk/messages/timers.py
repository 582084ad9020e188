"""The clock of messages: sending, outside of any transaction."""

from datetime import timedelta

from chassis.jobs.split_jobs import SplitJob
from desk.messages.actions import sending
from desk.messages.actions.transports import Outgoing
from desk.messages.domain import Outcome

# A mail takes 30 seconds at most; who dies in the middle leaves it to the next in three minutes.
SEND_MESSAGE: SplitJob[Outgoing, Outcome] = SplitJob(
    prepare=sending.prepare_message,
    perform=sending.perform_message,
    record=sending.record_message,
    lease=timedelta(minutes=3),
)
