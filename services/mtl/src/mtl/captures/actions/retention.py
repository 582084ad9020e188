"""The command that erases old payloads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.capture_settings.store import settings_of_captures
from mtl.captures import store
from mtl.leads.store.survivors import with_survivors
from mtl.touches.actions import forget_payloads

CAPTURES_AT_ONCE: Final = 500


@dataclass(frozen=True)
class EmptiedChunk:
    """How many captures were emptied, and whether there may be more."""

    captures: int
    is_full: bool


async def empty_chunk(tx: AsyncConnection, *, now: datetime) -> EmptiedChunk | None:
    """Erase the oldest payloads that are kept too long, also those in the trails of leads.

    None if the tenant keeps them for ever.
    """
    before = (await settings_of_captures(tx, now)).kept_since(now)
    if before is None:
        return None
    emptied = await store.empty_payloads(tx, before=before, now=now, limit=CAPTURES_AT_ONCE)
    if emptied:
        leads = {lead_id for _, lead_id in emptied if lead_id is not None}
        external_ids = [str(capture_id) for capture_id, _ in emptied]
        await forget_payloads(tx, await with_survivors(tx, leads), external_ids)
    return EmptiedChunk(len(emptied), is_full=len(emptied) == CAPTURES_AT_ONCE)
