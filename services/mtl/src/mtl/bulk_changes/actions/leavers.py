"""What a person who leaves has beside leads: places in pools and channels, and next steps."""

from dataclasses import replace
from functools import partial
from typing import Final

from chassis.records.record_commands import visibility_for
from chassis.web.commands import Command
from kernel.errors import Forbidden
from mtl.bulk_changes.views import places_of
from mtl.channels.actions import edit_channel
from mtl.followups.actions import edit_follow_up
from mtl.followups.domain import FollowUp
from mtl.followups.store import next_open_steps
from mtl.leads.store import LEADS
from mtl.pools.actions import edit_pool

STEPS_AT_ONCE: Final = 50


async def leave_places(command: Command, leaver_id: str, heir_id: str | None) -> None:
    """Remove a person from pools, and let channels give their leads to the heir instead.

    Without an heir these channels leave their leads to the rules. Raises Forbidden: SCOPE_MISSING,
    or OWNERSHIP_REQUIRED for a person whom the caller does not manage.
    """
    unconditional = command.unconditional
    await _ensure_manages(command, leaver_id)
    places = await places_of(command.tx, leaver_id)
    _ensure_scopes(command, pools=bool(places.pools), channels=bool(places.channels))
    for pool in places.pools:
        await edit_pool(unconditional, pool.id, lambda one: one.without(places.person_id))
    for channel in places.channels:
        await edit_channel(
            unconditional, channel.id, lambda one: replace(one, default_owner_id=heir_id)
        )


async def _ensure_manages(command: Command, leaver_id: str) -> None:
    """Refuse to take from a person what the caller may not transfer."""
    seen = await visibility_for(command, LEADS.resource)
    if not seen.everything and leaver_id not in set(seen.owners) - seen.via_substitution:
        raise Forbidden("OWNERSHIP_REQUIRED")


def _ensure_scopes(command: Command, *, pools: bool, channels: bool) -> None:
    wanted = [
        *(["mtl.pool.write"] if pools else []),
        *(["mtl.channel.write"] if channels else []),
    ]
    caller = command.caller
    missing = [one for one in wanted if caller is not None and not caller.may(one)]
    if missing:
        raise Forbidden("SCOPE_MISSING", scopes=missing)


async def hand_over_steps(command: Command, leaver_id: str, heir_id: str | None) -> bool:
    """Give open next steps of a person to the heir, or without one to the owners of the leads.

    They are those of leads that the person does not own. Return whether there may be more.
    """
    steps = await next_open_steps(command.tx, leaver_id, limit=STEPS_AT_ONCE)
    for follow_up_id, lead_owner_id in steps:
        give = partial(_owned_by, heir_id or lead_owner_id)
        await edit_follow_up(command.unconditional, follow_up_id, give)
    return len(steps) == STEPS_AT_ONCE


def _owned_by(owner_id: str, follow_up: FollowUp) -> FollowUp:
    return replace(follow_up, owner_id=owner_id)
