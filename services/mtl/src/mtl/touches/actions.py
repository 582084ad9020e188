"""The commands that record touches, and that move them when leads are merged."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish, publish_all
from chassis.records.writes import insert_rows
from chassis.web.commands import Command
from mtl.leads.actions.waking import wake_when_touched
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.store import LEAD
from mtl.score_settings.actions import lead_was_touched
from mtl.touches import store
from mtl.touches.domain import BEHAVIORS, LeadTouch


async def move_touches(tx: AsyncConnection, lead_id: UUID, to: UUID) -> list[UUID]:
    """Move the touches of a lead that is merged to its survivor; return those that were moved.

    They carry no event of their own: that of the merge names both leads.
    """
    return await store.move_touches(tx, lead_id, to)


async def return_touches(tx: AsyncConnection, ids: Sequence[UUID], to: UUID) -> None:
    """Give a lead back its touches when its merge is undone."""
    await store.return_touches(tx, ids, to)


async def forget_payloads(
    tx: AsyncConnection, lead_ids: Collection[UUID], external_ids: Collection[str]
) -> None:
    """Erase the payloads of touches that were kept long enough; the touches stay in the trails."""
    await store.empty_payloads(tx, lead_ids, external_ids)


async def record_touch(
    command: Command, touch: LeadTouch, *, at_is_given: bool
) -> tuple[LeadTouch, bool]:
    """Record a touch of a lead, unless the sender has sent it before; return it, and if it is new.

    The version of the lead stays; one that sleeps wakes soon after. Raises NotFound for a lead that
    does not exist or is deleted, Invalid (INSTANT_IN_FUTURE), Conflict (TOUCH_RECORDED_OTHERWISE)
    for another touch with the same external id.
    """
    tx = command.tx
    # Locked, so that a merge does not leave the touch behind.
    lead = await LEAD.get(tx, touch.lead_id, lock=True)
    touch.ensure_not_in_future(now=command.now)
    if await store.add_unless_known(tx, touch):
        await publish(tx, touch.recorded(), of=touch)
        await lead_was_touched(tx, touch.lead_id, now=command.now)
        if lead.status is LeadStatus.NURTURE:
            await _wake(command, [touch])
        return touch, True
    stored = await store.get_by_external_id(tx, touch.lead_id, touch.external_id)
    touch.ensure_repeats(stored, at_is_given=at_is_given)
    return stored, False


async def record_touches(
    command: Command, touches: Sequence[LeadTouch], known: Collection[UUID]
) -> None:
    """Record touches of leads that exist, which no sender has sent before.

    Those of the leads that were `known` before, and sleep, wake soon after.
    """
    recorded = await insert_rows(command.tx, store.lead_touches, touches)
    await publish_all(command.tx, [(touch.recorded(), touch) for touch in recorded])
    for lead_id in sorted({touch.lead_id for touch in recorded}):
        await lead_was_touched(command.tx, lead_id, now=command.now)
    await _wake(command, [touch for touch in recorded if touch.lead_id in known])


async def _wake(command: Command, touches: Sequence[LeadTouch]) -> None:
    """Let leads wake whose persons did something: the last touch of each counts."""
    did = sorted((one for one in touches if one.kind in BEHAVIORS), key=lambda one: one.at)
    await wake_when_touched(command, {touch.lead_id: touch.at for touch in did})
