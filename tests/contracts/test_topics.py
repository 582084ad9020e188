"""The list of topics is derived from the event classes."""

from contracts.event import EVENT_CLASSES
from contracts.mtl.events import LeadCaptured, LeadConverted
from contracts.topics import DAY_MS, MAX_MESSAGE_BYTES, TopicSpec, load_events, topic_manifest


def test_the_events_of_an_aggregate_share_a_topic() -> None:
    assert topic_manifest([LeadConverted, LeadCaptured]) == [TopicSpec("mtl.lead.v1")]


def test_every_event_has_a_topic() -> None:
    load_events()
    names = {spec.name for spec in topic_manifest()}
    assert {event.topic() for event in EVENT_CLASSES.values()} == names
    assert "mtl.lead.v1" in names


def test_a_topic_takes_the_largest_event_and_keeps_it_14_days() -> None:
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
