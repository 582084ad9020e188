"""The manifest of topics: one per aggregate type, built from the event classes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from contracts.event import EVENT_CLASSES, Event
from contracts.modules import publisher_modules

DAY_MS = 24 * 60 * 60 * 1000
PARTITIONS = 12
RETENTION_DAYS = 14
OFFSETS_RETENTION_DAYS = 35
# The largest payload is 8 MB; the rest is the envelope and the record's framing.
MAX_MESSAGE_BYTES = 9 * 1024 * 1024

E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class TopicSpec:
    """The settings of a topic; the number of replicas follows from the cluster."""

    name: str
    partitions: int = PARTITIONS
    retention_ms: int = RETENTION_DAYS * DAY_MS
    segment_ms: int = DAY_MS
    max_message_bytes: int = MAX_MESSAGE_BYTES

    def configs(self, *, replicas: int) -> dict[str, str]:
        """The settings under Kafka's names; writers go on while one replica is unavailable."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_ms),
            "segment.ms": str(self.segment_ms),
            "max.message.bytes": str(self.max_message_bytes),
            "min.insync.replicas": str(max(1, replicas - 1)),
        }


def load_events() -> None:
    """Import the `events` module of every publisher, so that all event classes are registered."""
    for _ in publisher_modules("events"):
        pass


def declared_events(kind: type[E]) -> tuple[type[E], ...]:
    """Return the event classes of all publishers that share the fields of `kind`, by type.

    So a service reads one kind of event from every service without naming any.
    """
    load_events()
    ours = (
        one for _, one in sorted(EVENT_CLASSES.items()) if one.__module__.startswith("contracts.")
    )
    return tuple(one for one in ours if issubclass(one, kind))


def topic_manifest(events: Iterable[type[Event]] | None = None) -> list[TopicSpec]:
    """The topics of the given events, by default of all events in `contracts`, sorted by name."""
    if events is None:
        load_events()
        events = EVENT_CLASSES.values()
    return [TopicSpec(name) for name in sorted({event.topic() for event in events})]
