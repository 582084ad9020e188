"""The manifest of topics follows from the event classes."""

from contracts.event import REGISTRY
from contracts.mtl.events import LeadCaptured, LeadConverted
from contracts.topics import DAY_MS, MAX_MESSAGE_BYTES, TopicSpec, load_events, manifest


def test_an_aggregate_has_one_topic() -> None:
    assert manifest([LeadConverted, LeadCaptured]) == [TopicSpec("mtl.lead.v1")]


def test_every_published_event_has_its_topic() -> None:
    load_events()
    names = {spec.name for spec in manifest()}
    assert {event.topic() for event in REGISTRY.values()} == names
    assert "mtl.lead.v1" in names


def test_a_topic_takes_the_largest_event_and_outlives_a_holiday() -> None:
    spec = TopicSpec("x.y.v1")
    assert spec.partitions == 12
    assert spec.max_message_bytes == MAX_MESSAGE_BYTES > 8_000_000 + 100_000
    assert spec.configs(replicas=3) == {
        "cleanup.policy": "delete",
        "retention.ms": str(14 * DAY_MS),
        "segment.ms": str(DAY_MS),
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        "min.insync.replicas": "2",
    }
    assert spec.configs(replicas=1)["min.insync.replicas"] == "1"
