"""The commands that record a touch, and that move touches when leads are merged."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.commands import Command
from mtl.leads.store import LEAD
from mtl.touches import store
from mtl.touches.domain import LeadTouch


async def move_touches(tx: AsyncConnection, lead_id: UUID, to: UUID) -> list[UUID]:
    """Move the touches of a lead that is merged to its survivor; return those that were moved.

    They carry no event of their own: that of the merge names both leads.
    """
    return await store.move_touches(tx, lead_id, to)


async def return_touches(tx: AsyncConnection, ids: Sequence[UUID], to: UUID) -> None:
    """Give a lead back its touches when its merge is undone."""
    await store.return_touches(tx, ids, to)


async def record_touch(
    command: Command, touch: LeadTouch, *, at_is_given: bool
) -> tuple[LeadTouch, bool]:
    """Record a touch of a lead, unless the sender has sent it before; return it, and if it is new.

    The version of the lead stays. Raises NotFound for a lead that does not exist or is deleted,
    Invalid (INSTANT_IN_FUTURE), Conflict (TOUCH_RECORDED_OTHERWISE) for another touch with the same
    external id.
    """
    tx = command.tx
    # Locked, so that a merge does not leave the touch behind.
    await LEAD.get(tx, touch.lead_id, lock=True)
    touch.ensure_not_in_future(now=command.now)
    if await store.add_unless_known(tx, touch):
        await publish(tx, touch.recorded(), of=touch)
        return touch, True
    stored = await store.get_by_external_id(tx, touch.lead_id, touch.external_id)
    touch.ensure_repeats(stored, at_is_given=at_is_given)
    return stored, False
