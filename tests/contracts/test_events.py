"""Events as contracts: published by their owner, subscribed to where they exist, kept readable."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from chassis.worker import Worker
from contracts.event import REGISTRY, Event

ROOT = Path(__file__).parents[2]
SERVICES = ("org", "mtl", "l2o", "cpq", "rms")
# One payload per event version as it was first published; never rewritten, only added to.
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
    schema = json.loads((SCHEMAS / f"{kind.type}.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(event.model_dump(mode="json"))


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
