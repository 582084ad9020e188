"""The copy of desk's messages, by which a service knows what became of those it asked for."""

from typing import Final

from chassis.events.replicas import Copy, ReplicaSubscription, replica
from chassis.records.messages.tables import message_states
from contracts.desk.events import MessageState

MESSAGE_COPY: Final = Copy(MessageState, message_states)


def message_subscription(service: str) -> ReplicaSubscription:
    """Return the subscription of a service that asks for messages."""
    return replica(f"{service}.messages", MESSAGE_COPY)
