"""Keeps what each person may hold.

A person's holding is protected by a lock of its own, which comes after the rows of leads and before
their keys. It is taken only where a quota sets a limit.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.records.access.visibility import sees_everything
from chassis.web.commands import Command
from kernel.errors import Conflict
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import UnassignedReason
from mtl.leads.store import LEADS
from mtl.leads.store.holdings import count_held
from mtl.quotas.store import limits_of

HOLDING_LOCK = "mtl.holding"


async def rooms_of(
    tx: AsyncConnection, owner_ids: Collection[str], *, lock: bool = True
) -> Mapping[str, int | None]:
    """Return how many more leads each of these people may hold; None for any number.

    With `lock` nobody else gives leads to limited people until the transaction ends.
    """
    limits = await limits_of(tx, owner_ids)
    limited = {one: limit.holding for one, limit in limits.items() if limit.holding is not None}
    for owner_id in sorted(limited) if lock else ():
        await lock_key(tx, HOLDING_LOCK, owner_id)
    held = await count_held(tx, limited) if limited else {}
    rooms = {one: max(limit - held[one], 0) for one, limit in limited.items()}
    return dict.fromkeys(owner_ids) | rooms


async def ensure_room(tx: AsyncConnection, owner_id: str, leads: int = 1) -> None:
    """Refuse to give a person more leads than they may hold. Raises Conflict (HOLDING_FULL)."""
    room = (await rooms_of(tx, [owner_id]))[owner_id]
    if room is not None and room < leads:
        raise Conflict("HOLDING_FULL")


def may_overfill(command: Command) -> bool:
    """Return whether a transfer by the caller may pass quotas: they administrate all leads."""
    return command.caller is not None and sees_everything(command.caller, LEADS.resource)


async def within_quotas(tx: AsyncConnection, leads: Sequence[Lead]) -> Sequence[Lead]:
    """Return new leads; those beyond what their owners may hold are left without an owner.

    A lead that somebody sent or imported is not lost because its owner has enough: it stands in the
    queue of those to be assigned.
    """
    wanted = Counter(lead.owner_id for lead in leads if lead.owner_id is not None and lead.is_held)
    rooms = dict(await rooms_of(tx, [one for one in wanted if one is not None])) if wanted else {}
    placed = []
    for lead in leads:
        room = rooms.get(lead.owner_id or "")
        if room is None or not lead.is_held:
            placed.append(lead)
        elif room > 0:
            rooms[lead.owner_id or ""] = room - 1
            placed.append(lead)
        else:
            placed.append(lead.unassigned(UnassignedReason.OWNER_FULL))
    return placed
