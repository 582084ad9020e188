"""Reads the pull feed in tests: keeps the position, as a subscriber does."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text

from chassis.database.engine import Database
from chassis.events.envelope import Envelope
from chassis.events.feed import FeedFilter, FeedPosition, read_feed

NOTES = FeedFilter(["testkit.note"])


class FeedReader:
    """A subscriber of a tenant's notes; `events` are those it has read."""

    def __init__(self, app: Database, tenant: UUID, position: FeedPosition | None = None) -> None:
        self._app = app
        self._tenant = tenant
        self.position = position
        self.events: list[Envelope] = []

    async def read(self, limit: int = 200) -> bool:
        """Read one page; returns whether more can be read at once."""
        async with self._app.begin(self._tenant) as tx:
            page = await read_feed(tx, self.position, NOTES, limit=limit)
        self.position = page.position
        self.events += page.events
        return page.has_more

    async def drain(self, limit: int = 200) -> list[Envelope]:
        """Read all pages up to now; returns all events read so far."""
        while await self.read(limit):
            pass
        return self.events


async def committed_ids(app: Database, tenant: UUID) -> list[UUID]:
    """Return the ids of all events in the outbox, sorted."""
    async with app.begin(tenant) as tx:
        return list((await tx.execute(text("SELECT id FROM outbox ORDER BY id"))).scalars())


def sequences(events: Iterable[Envelope]) -> dict[UUID, list[int]]:
    """Return the sequences of each aggregate in the order they were read."""
    found: defaultdict[UUID, list[int]] = defaultdict(list)
    for event in events:
        found[event.subject].append(event.sequence)
    return dict(found)
