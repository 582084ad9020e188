"""Publishing erased people, so that replicas erase their names too."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from org.people import store


async def publish_erased_people(tx: AsyncConnection, ids: Collection[UUID], now: datetime) -> None:
    """Publish these people as they are now, in a new version; ids of other records are skipped.

    The new version supersedes older events that are still under way and hold the name.
    Called by the erasure job.
    """
    for person_id in sorted(ids):
        if await store.find(tx, person_id) is None:
            continue
        before = await store.get(tx, person_id, lock_row=True)
        after, changed = before.changed(before, now=now)
        after = await store.save(tx, after)
        await publish(tx, changed, of=after)
