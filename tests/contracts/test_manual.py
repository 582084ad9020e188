"""The event manual shows a valid event, and the list beside it every event type."""

import re
from pathlib import Path

from chassis.events.envelope import Envelope
from contracts.event import EVENT_CLASSES
from contracts.topics import load_events
from deploy.services import SERVICES

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `([a-z0-9_.]+\.v\d+)` \| (.+) \|$", re.MULTILINE)


def manual() -> str:
    return (ROOT / "contracts" / "README.md").read_text()


def test_the_list_has_every_event_type_and_no_other() -> None:
    load_events()
    published = {t: kind for t, kind in EVENT_CLASSES.items() if t.split(".")[0] in SERVICES}
    rows = ROW.findall((ROOT / "contracts/schemas/events/README.md").read_text())
    assert len(rows) == len(dict(rows))
    assert dict(rows) == {t: (kind.__doc__ or "").splitlines()[0] for t, kind in published.items()}


def test_the_example_is_a_valid_event() -> None:
    load_events()
    (example,) = re.findall(r"```json\n(.*?)```", manual(), re.DOTALL)
    envelope = Envelope.decode(example.encode())
    EVENT_CLASSES[envelope.type].model_validate(envelope.data)
    assert set(envelope.attributes()) | {"data"} == set(re.findall(r'^ "(\w+)":', example, re.M))
