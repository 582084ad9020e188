"""Writes the clocks of leads beside their versions, whose rows the caller has locked."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads.domain.lead import Lead
from mtl.leads.store import recyclings


async def save_clocks(tx: AsyncConnection, leads: Sequence[Lead]) -> None:
    """Write the clocks of leads, in one statement; nothing else of them changes."""
    await recyclings.write_clocks(tx, leads)


async def postpone_clock(tx: AsyncConnection, lead_id: UUID, *, until: datetime) -> None:
    """Let the clock of a lead that cannot be handled be due later."""
    await recyclings.postpone_clock(tx, lead_id, until=until)
