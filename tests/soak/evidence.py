"""What the checks look at: all databases, all topics, and what the writers were answered."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from uuid import UUID

import asyncpg

from chassis.composition.worker import Worker
from chassis.database.engine import Database
from chassis.events.envelope import Envelope
from chassis.events.rebuilds.logs import KafkaLog
from contracts.topics import topic_manifest
from deploy.services import SERVICES
from tests.soak.client import Caller
from tests.soak.journal import Journal
from tests.soak.stack import Stack

PUBLISHED = """
SELECT id, aggregatetype, aggregateid, aggversion, type, snapshot_id FROM outbox ORDER BY seq
"""


@cache
def worker_of(service: str) -> Worker:
    """Return the declaration of a service's worker."""
    worker: Worker = import_module(f"{service}.worker").WORKER
    return worker


@dataclass
class Evidence:
    """The state of everything after a run; outboxes and topics are read once."""

    stack: Stack
    callers: dict[str, Caller]
    journal: Journal
    tenant: UUID
    outbox: dict[str, list[asyncpg.Record]] = field(default_factory=dict)  # by service
    compared: int = 0  # rows of replicas
    wire: dict[str, list[Envelope]] = field(
        default_factory=dict
    )  # by topic, partition by partition

    async def rows(self, service: str, query: str, *values: object) -> list[asyncpg.Record]:
        """Run a query over all tenants in a service's database."""
        connection = await asyncpg.connect(self.stack.superuser_dsn(service))
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """A service's database, as its worker opens it."""
        url = self.stack.env[f"{service.upper()}_WORKER_DATABASE_URL"]
        database = Database(url, name="soak", pool_size=1, overflow=0)
        try:
            yield database
        finally:
            await database.dispose()

    async def collect(self) -> None:
        """Read all outboxes and topics."""
        for service in SERVICES:
            self.outbox[service] = await self.rows(service, PUBLISHED)
        self.wire = await read_topics(self.stack.bootstrap)

    @property
    def duplicates(self) -> int:
        """How many records of the topics repeat an event."""
        ids = Counter(one.id for events in self.wire.values() for one in events)
        return sum(count - 1 for count in ids.values())


async def read_topics(bootstrap: str) -> dict[str, list[Envelope]]:
    """Return the events of every topic from its beginning to its present end.

    The events of an aggregate are in the order in which they were sent, as they share a partition.
    """
    names = [spec.name for spec in topic_manifest()]
    found: dict[str, list[Envelope]] = {name: [] for name in names}
    async with KafkaLog(bootstrap).open(names, ()) as opened:
        places = opened.begins
        while any(places[part] < end for part, end in opened.ends.items()):
            page = await opened.read(places)
            places = page.places
            for event in map(Envelope.decode, page.values):
                found[event.topic].append(event)
    return found
