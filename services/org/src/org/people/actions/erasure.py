"""Publishing erased people, so that replicas erase their names too."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from org.people import store
from org.people.store import PERSON


async def publish_erased_people(tx: AsyncConnection, ids: Collection[UUID], now: datetime) -> None:
    """Publish these people as they are now, in a new version; ids of other records are skipped.

    The new version supersedes older events that are still under way and hold the name.
    Called by the erasure job.
    """
    for person_id in sorted(ids):
        if await store.find(tx, person_id) is not None:
            erased = await PERSON.get(tx, person_id, lock=True)
            await save_record(Command(tx, now), PERSON, erased, erased)
