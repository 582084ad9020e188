"""The events of a xword's changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kernel.ids import new_id
from xservice.xresources.domain import Xresource

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # in Shanghai
LATER = NOON + timedelta(hours=1)


def make_xresource() -> Xresource:
    return Xresource(id=new_id(), name="first", owner_id="li", created_at=NOON, updated_at=NOON)


def test_an_edit_carries_the_whole_state() -> None:
    before = make_xresource()
    after, event = before.edited(replace(before, name="second"), now=LATER)
    assert (after.name, after.updated_at, after.created_at) == ("second", LATER, NOON)
    assert event.xresource == after.state()


def test_an_assignment_names_the_former_owner_and_the_reason() -> None:
    before = make_xresource()
    after, event = before.assigned("zhou", actor="sun", reason="parental leave", now=LATER)
    assert after.owner_id == event.xresource.owner_id == "zhou"
    assert (event.from_owner_id, event.assigned_by, event.reason) == ("li", "sun", "parental leave")
