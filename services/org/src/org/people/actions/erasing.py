"""What is told of people whose data were erased: replicas forget their names too."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from org.people import store


async def tell_erased(tx: AsyncConnection, ids: Collection[UUID], now: datetime) -> None:
    """Publish these people as they are now; ids of anything else are passed over.

    As a new version: an older event that is still on its way brings no name back for good.
    """
    for person_id in sorted(ids):
        if await store.find(tx, person_id) is None:
            continue
        before = await store.get(tx, person_id, lock_row=True)
        after, changed = before.changed(before, now=now)
        after = await store.save(tx, after)
        await publish(tx, changed, of=after)
