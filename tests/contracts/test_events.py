"""Events as contracts: each has one publisher, subscriptions match, old payloads stay readable."""

import hashlib
import json
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from chassis.composition.worker import Worker
from chassis.events.envelope import Envelope, schema_uri
from chassis.events.replicas import ReplicaSubscription
from chassis.events.subscriptions import ProcessSubscription
from contracts.approvals import ApprovalRequestChanged
from contracts.event import EVENT_CLASSES, AggregateState, Event, snapshot_classes, topic_of
from contracts.topics import declared_events
from deploy.services import SERVICES
from kernel.ids import new_id

ROOT = Path(__file__).parents[2]
# One payload per event type as it was first published; SHA256SUMS shows that none was edited. Its
# lines are never changed, only added: a subscriber may have to read an event for years.
PAYLOADS = Path(__file__).parent / "payloads"
SCHEMAS = ROOT / "contracts" / "schemas" / "events"

for name in SERVICES:
    import_module(f"contracts.{name}.events")
EVENTS = {t: kind for t, kind in sorted(EVENT_CLASSES.items()) if t.split(".")[0] in SERVICES}


def worker_of(service: str) -> Worker:
    worker: Worker = import_module(f"{service}.worker").WORKER
    return worker


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS.keys())
def test_an_event_is_declared_by_its_publisher(kind: type[Event]) -> None:
    service = kind.type.split(".")[0]
    assert kind.__module__ == f"contracts.{service}.events"
    assert kind.__doc__
    assert kind.model_config["frozen"]


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS.keys())
def test_recorded_payloads_are_readable_and_match_the_schema(kind: type[Event]) -> None:
    payload = json.loads((PAYLOADS / f"{kind.type}.json").read_text())
    event = kind.model_validate(payload)
    assert changed_places(payload, event.model_dump(mode="json")) == []
    schema = json.loads((SCHEMAS / f"{kind.type}.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(event.model_dump(mode="json"))
    assert schema["$id"] == schema_uri(kind.type)
    assert (ROOT / schema_uri(kind.type).lstrip("/")).is_file()


def changed_places(payload: object, read: object, where: str = "") -> list[str]:
    """The places of the payload that are missing or different in the event read from it."""
    if isinstance(payload, dict) and isinstance(read, dict):
        places = [f"{where}/{name}" for name in payload if name not in read]
        for name in payload.keys() & read.keys():
            places += changed_places(payload[name], read[name], f"{where}/{name}")
        return sorted(places)
    if isinstance(payload, list) and isinstance(read, list) and len(payload) == len(read):
        pairs = enumerate(zip(payload, read, strict=True))
        return [x for n, (old, new) in pairs for x in changed_places(old, new, f"{where}/{n}")]
    return [] if payload == read else [where]


def test_a_removed_or_changed_field_is_noticed() -> None:
    payload = {"a": 1, "lines": [{"b": "1", "c": "2"}]}
    assert (
        changed_places(payload, {"a": 1, "lines": [{"b": "1", "c": "2", "new": None}], "new": 1})
        == []
    )
    assert changed_places(payload, {"lines": [{"b": "1", "c": "3"}]}) == ["/a", "/lines/0/c"]
    assert changed_places(payload, {"a": 1, "lines": []}) == ["/lines"]


def test_no_recorded_payload_was_edited() -> None:
    """`make contracts` adds the lines of new events."""
    lines = (PAYLOADS / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split() for line in lines)}
    assert len(listed) == len(lines)
    assert listed == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in PAYLOADS.glob("*.json")
    }


def test_every_event_type_has_a_recorded_payload() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("service", SERVICES)
def test_every_subscription_has_a_publisher(service: str) -> None:
    names = [subscription.name for subscription in worker_of(service).subscriptions]
    assert len(names) == len(set(names))
    for subscription in worker_of(service).subscriptions:
        assert subscription.name.startswith(f"{service}.")
        if isinstance(subscription, ProcessSubscription):
            for kind in subscription.handlers:
                assert EVENTS[kind.type] is kind
        published = {topic_of(kind.aggregate_type()) for kind in EVENTS.values()}
        assert set(subscription.topics) <= published


@pytest.mark.parametrize("service", SERVICES)
def test_a_fact_that_nobody_has_declared_yet_advances_every_copy(service: str) -> None:
    copied = 0
    for subscription in worker_of(service).subscriptions:
        if isinstance(subscription, ReplicaSubscription):
            for copy in subscription.copies:
                state = recorded_state(copy.state)
                envelope = an_envelope(f"{copy.state.aggregate}.imagined.v1", state)
                assert copy.state.topic() in subscription.topics
                assert subscription.decode(envelope) == state
                deleted = an_envelope(f"{copy.state.aggregate}.deleted.v9", state)
                assert subscription.decode(deleted) == state.model_copy(update={"deleted": True})
                copied += 1
    assert copied >= 4  # tenants, people, departments, teams


def recorded_state(kind: type[AggregateState]) -> AggregateState:
    payload = json.loads((PAYLOADS / f"{kind.aggregate}.snapshot.v1.json").read_text())
    return kind.model_validate(payload[kind.field()])


def an_envelope(event_type: str, state: AggregateState) -> Envelope:
    return Envelope(
        id=new_id(),
        source="/test",
        type=event_type,
        subject=new_id(),
        time=datetime(2026, 11, 22, tzinfo=UTC),
        tenantid=new_id(),
        sequence=1,
        epoch=1,
        correlationid="x",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data={state.field(): state.model_dump(mode="json")},
    )


def test_every_state_has_a_snapshot() -> None:
    """The state stands in the field of the aggregate's name, in every event of the aggregate."""
    aggregates = {kind.aggregate for kind in AggregateState.__subclasses__()}
    own = {name for name in aggregates if name.split(".")[0] in SERVICES}
    snapshots = {name for service in SERVICES for name in snapshot_classes(service)}
    requests = {kind.aggregate_type() for kind in declared_events(ApprovalRequestChanged)}
    assert snapshots == own | requests | {f"{service}.work" for service in SERVICES}
    for kind in EVENTS.values():
        if kind.aggregate_type() in own:
            assert kind.aggregate_type().split(".")[1] in kind.model_fields


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_can_publish_every_snapshot_that_it_declares(service: str) -> None:
    sources = [source.aggregate for source in worker_of(service).snapshots]
    assert sorted(sources) == sorted(snapshot_classes(service))


def test_unknown_fields_are_ignored() -> None:
    payload = json.loads((PAYLOADS / "mtl.lead.captured.v1.json").read_text())
    kind = EVENTS["mtl.lead.captured.v1"]
    assert kind.model_validate({**payload, "new": 1}) == kind.model_validate(payload)
