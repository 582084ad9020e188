"""The commands that record touches."""

from collections.abc import Sequence

from chassis.events.outbox import publish, publish_all
from chassis.records.writes import insert_rows
from chassis.web.commands import Command
from mtl.leads.store import LEAD
from mtl.score_settings.actions import lead_was_touched
from mtl.touches import store
from mtl.touches.domain import LeadTouch


async def record_touch(
    command: Command, touch: LeadTouch, *, at_is_given: bool
) -> tuple[LeadTouch, bool]:
    """Record a touch of a lead, unless the sender has sent it before; return it, and if it is new.

    The version of the lead stays. Raises NotFound for a lead that does not exist or is deleted,
    Invalid (INSTANT_IN_FUTURE), Conflict (TOUCH_RECORDED_OTHERWISE) for another touch with the same
    external id.
    """
    tx = command.tx
    await LEAD.get(tx, touch.lead_id)
    touch.ensure_not_in_future(now=command.now)
    if await store.add_unless_known(tx, touch):
        await publish(tx, touch.recorded(), of=touch)
        await lead_was_touched(tx, touch.lead_id, now=command.now)
        return touch, True
    stored = await store.get_by_external_id(tx, touch.lead_id, touch.external_id)
    touch.ensure_repeats(stored, at_is_given=at_is_given)
    return stored, False


async def record_touches(command: Command, touches: Sequence[LeadTouch]) -> None:
    """Record touches of leads that exist, which no sender has sent before."""
    recorded = await insert_rows(command.tx, store.lead_touches, touches)
    await publish_all(command.tx, [(touch.recorded(), touch) for touch in recorded])
