"""Growth with the outbox: inserting and relaying events beside millions that were relayed.

The long backlog comes last, because consumers of later rows would have to read it first.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median, quantiles
from uuid import UUID

import asyncpg

from chassis.database.connections import SharedConnection
from chassis.database.engine import Database
from chassis.events.outbox import BUCKETS, publish
from chassis.events.relay.cursor import CursorPosition, CursorStore
from chassis.events.relay.epoch import read_snapshot, verify_epoch
from chassis.events.relay.kafka import KafkaTransport
from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import ProducerRecord, RefusedRecord
from contracts.l2o.events import AccountCreated
from l2o.accounts.domain import Account
from testkit.databases import ServiceDatabase
from tests.bench.machine import templates
from tests.bench.machine.generator_accounts import generated_accounts
from tests.bench.machine.measuring import RUNS, Bench, Measure, Measured, Reach, Row
from tests.bench.machine.streams import bootstrap, fill_outbox
from tests.bench.machine.system import System
from tests.bench.rows import events

SMALL, LARGE, BACKLOG = 10_000, 10_000_000, 1_000_000
CHUNK = 1_000_000
INSERTS, RELAYED, PER_SECOND = 1_000, 300, 20
Run = Callable[[System, Sequence[ServiceDatabase]], Awaitable[Sequence[float]]]


async def retained(system: System, count: int) -> ServiceDatabase:
    """Return a database of l2o that keeps so many events, all of them relayed."""

    async def fill(connection: asyncpg.Connection, tenant: UUID) -> None:
        for start in range(0, count, CHUNK):
            await fill_outbox(connection, min(CHUNK, count - start))

    name = f"retained_{count}"
    database = await templates.filled_database("l2o", name, system.filling(fill))
    async with system.superuser_of(database) as connection:
        await _move_cursors(connection)
    return database


async def _move_cursors(connection: asyncpg.Connection) -> None:
    """Save that every bucket is published up to now, as a relay does."""
    epoch = await verify_epoch(connection, "l2o")
    store, buckets = CursorStore(SharedConnection(connection), epoch), range(BUCKETS)
    await store.load(buckets)
    await store.save(buckets, CursorPosition(await read_snapshot(connection)))


async def inserts(system: System, databases: Sequence[ServiceDatabase]) -> Sequence[float]:
    """Return the milliseconds of a transaction that inserts one event: the medians.

    The databases take turns after every insert: what a commit waits for the disk changes within
    seconds, and between blocks of inserts the same two databases were from 0.6 to 1.8 apart.
    """
    services = [Database(each.worker_url, name="bench") for each in databases]
    durations: list[list[float]] = [[] for _ in services]
    for account in _accounts(INSERTS):
        for service, own in zip(services, durations, strict=True):
            began = time.perf_counter()
            async with service.begin(system.tenant) as tx:
                await publish(tx, AccountCreated(account=account.state()), of=account)
            own.append((time.perf_counter() - began) * 1000)
    for service in services:
        await service.dispose()
    return [median(each) for each in durations]


class Noting(KafkaTransport):
    """Notes when the broker has acknowledged each event, by its aggregate."""

    def __init__(self, count: int) -> None:
        super().__init__(bootstrap(), name="bench-relay")
        self.acknowledged: dict[UUID, float] = {}
        self.all = asyncio.Event()
        self._count = count

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        refused = await super().send(records)
        self.acknowledged |= {one.envelope.subject: time.perf_counter() for one in records}
        if len(self.acknowledged) >= self._count:
            self.all.set()
        return refused


async def lag(system: System, database: ServiceDatabase) -> float:
    """Return the milliseconds from the commit of an event to its acknowledgement: the 95th."""
    transport, stop, committed = Noting(RELAYED), asyncio.Event(), dict[UUID, float]()
    service = Database(database.worker_url, name="bench")
    running = asyncio.create_task(Relay("l2o", database.worker_url, transport).run(stop))
    await asyncio.sleep(3)
    for account in _accounts(RELAYED):
        async with service.begin(system.tenant) as tx:
            await publish(tx, AccountCreated(account=account.state()), of=account)
        committed[account.id] = time.perf_counter()
        await asyncio.sleep(1 / PER_SECOND)
    async with asyncio.timeout(60):
        await transport.all.wait()
    stop.set()
    await running
    await transport.close()
    await service.dispose()
    lags = [transport.acknowledged[key] - at for key, at in committed.items()]
    return quantiles(lags, n=100)[94] * 1000


async def lags(system: System, databases: Sequence[ServiceDatabase]) -> Sequence[float]:
    """Return the lag beside each of the databases, one after the other."""
    return [await lag(system, database) for database in databases]


def _accounts(count: int) -> list[Account]:
    return list(generated_accounts(count, seed=time.time_ns()))


def growth(run: Run) -> Measure:
    """Return the measurement of alternating runs beside few and beside many retained events."""

    async def measure(bench: Bench) -> Measured:
        system = bench.system
        await system.create_topics()
        databases = [await retained(system, count) for count in (SMALL, LARGE)]
        await run(system, databases)
        runs = [await run(system, databases) for _ in range(RUNS)]
        few, many = (median(each) for each in zip(*runs, strict=True))
        return Measured([many / few for few, many in runs], f"{few:.1f} ms; {many:.1f} ms")

    return measure


DEEP_ROWS: Sequence[Row] = (
    Row(
        "growth.outbox.insert",
        f"inserting an event beside {LARGE:,} / {SMALL:,}",
        Reach(at_most=1.3),
        growth(inserts),
    ),
    Row(
        "growth.outbox.lag",
        f"p95 of the relay's lag beside {LARGE:,} / {SMALL:,}",
        Reach(at_most=1.3),
        growth(lags),
    ),
    Row(
        "events.relay.backlog",
        f"relay of {BACKLOG:,} events / aiokafka",
        Reach(at_least=0.35),
        events.relay(BACKLOG),
    ),
)
