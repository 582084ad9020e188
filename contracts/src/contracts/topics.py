"""The manifest of topics: one per aggregate type, built from the event classes."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import contracts
from contracts.event import EVENT_CLASSES, Event

DAY_MS = 24 * 60 * 60 * 1000
PARTITIONS = 12
RETENTION_DAYS = 14
OFFSETS_RETENTION_DAYS = 35
# The largest payload is 8 MB; the rest is the envelope and the record's framing.
MAX_MESSAGE_BYTES = 9 * 1024 * 1024


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
    for module in iter_modules(contracts.__path__):
        name = f"contracts.{module.name}.events"
        if module.ispkg and find_spec(name) is not None:
            import_module(name)


def topic_manifest(events: Iterable[type[Event]] | None = None) -> list[TopicSpec]:
    """The topics of the given events, by default of all events in `contracts`, sorted by name."""
    if events is None:
        load_events()
        events = EVENT_CLASSES.values()
    return [TopicSpec(name) for name in sorted({event.topic() for event in events})]
