"""Events as contracts: published by their owner, subscribed to where they exist, kept readable."""

import hashlib
import json
from importlib import import_module
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from chassis.composition.worker import Worker
from chassis.events.envelope import schema_of
from contracts.event import REGISTRY, Event

ROOT = Path(__file__).parents[2]
SERVICES = ("org", "mtl", "l2o", "cpq", "rms")
# One payload per event version as it was first published; SHA256SUMS holds them to that. A line
# there is never changed, only a new one added: a subscriber may have to read the event for years.
PAYLOADS = Path(__file__).parent / "payloads"
SCHEMAS = ROOT / "contracts" / "schemas" / "events"

for name in SERVICES:
    import_module(f"contracts.{name}.events")
EVENTS = {t: kind for t, kind in sorted(REGISTRY.items()) if t.split(".")[0] in SERVICES}


def worker(service: str) -> Worker:
    found: Worker = import_module(f"{service}.worker").WORKER
    return found


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS.keys())
def test_an_event_is_declared_by_its_publisher(kind: type[Event]) -> None:
    service = kind.type.split(".")[0]
    assert kind.__module__ == f"contracts.{service}.events"
    assert kind.__doc__
    assert kind.model_config["frozen"]


@pytest.mark.parametrize("kind", EVENTS.values(), ids=EVENTS.keys())
def test_old_payloads_still_parse_and_fit_the_schema(kind: type[Event]) -> None:
    payload = json.loads((PAYLOADS / f"{kind.type}.json").read_text())
    event = kind.model_validate(payload)
    assert lost(payload, event.model_dump(mode="json")) == []
    schema = json.loads((SCHEMAS / f"{kind.type}.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(event.model_dump(mode="json"))
    assert schema["$id"] == schema_of(kind.type)
    assert (ROOT / schema_of(kind.type).lstrip("/")).is_file()


def lost(payload: object, read: object, where: str = "") -> list[str]:
    """Where the payload says what the event read from it does not say (any more)."""
    if isinstance(payload, dict) and isinstance(read, dict):
        gone = [f"{where}/{name}" for name in payload if name not in read]
        kept = [name for name in payload if name in read]
        return gone + [x for n in kept for x in lost(payload[n], read[n], f"{where}/{n}")]
    if isinstance(payload, list) and isinstance(read, list) and len(payload) == len(read):
        pairs = enumerate(zip(payload, read, strict=True))
        return [x for n, (old, new) in pairs for x in lost(old, new, f"{where}/{n}")]
    return [] if payload == read else [where]


def test_a_removed_or_changed_field_is_noticed() -> None:
    payload = {"a": 1, "lines": [{"b": "1", "c": "2"}]}
    assert lost(payload, {"a": 1, "lines": [{"b": "1", "c": "2", "new": None}], "new": 1}) == []
    assert lost(payload, {"lines": [{"b": "1", "c": "3"}]}) == ["/a", "/lines/0/c"]
    assert lost(payload, {"a": 1, "lines": []}) == ["/lines"]


def test_no_published_payload_was_edited() -> None:
    """A new event adds its line: `sha256sum <type>.json >> SHA256SUMS` in that folder."""
    lines = (PAYLOADS / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split() for line in lines)}
    assert len(listed) == len(lines)
    assert listed == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in PAYLOADS.glob("*.json")
    }


def test_there_is_no_payload_of_an_event_that_is_gone() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("service", SERVICES)
def test_every_subscription_has_a_publisher(service: str) -> None:
    names = [subscription.name for subscription in worker(service).subscriptions]
    assert len(names) == len(set(names))
    for subscription in worker(service).subscriptions:
        assert subscription.name.startswith(f"{service}.")
        for kind in subscription.handlers:
            assert EVENTS[kind.type] is kind


def test_unknown_fields_of_a_newer_publisher_are_ignored() -> None:
    payload = json.loads((PAYLOADS / "mtl.lead.captured.v1.json").read_text())
    kind = EVENTS["mtl.lead.captured.v1"]
    assert kind.model_validate({**payload, "new": 1}) == kind.model_validate(payload)
