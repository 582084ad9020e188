"""The relay under hostile writers, crashes and ended sessions: nothing is lost or reordered.

Writers take their transaction id early and touch the aggregates late, in savepoints, some rolled
back; one transaction stays open for seconds; transports fail after they took the records. Pages
are small, so that crashes fall into the middle of windows.
"""

import asyncio
from collections import defaultdict
from uuid import UUID

import asyncpg

from chassis.database.connections import open_connection
from chassis.events.relay.relay import PollInterval, Relay
from chassis.events.relay.transport import ProducerRecord
from libs.chassis.tests.events.hostile_writers import stay_open, write_hostilely
from libs.chassis.tests.events.relay.transports import CrashingTransport
from testkit.notes import write
from testkit.plugin import Committed

SECONDS = 8
MIN_ROWS = 500  # on a slow machine the writers go on until there are so many
WRITERS = 8
NOTES = 40


async def end_sessions(url: str, stop: asyncio.Event) -> int:
    """End a relay's session from time to time, an owner's or a reader's."""
    ended = 0
    async with open_connection(url, name="killer") as connection:
        while not stop.is_set():
            await asyncio.sleep(0.7)
            ended += await connection.fetchval(
                "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM ("
                " SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name LIKE 'testkit-relay%' ORDER BY random() LIMIT 1) AS one"
            )
    return ended


def order_violations(arrived: list[ProducerRecord]) -> list[ProducerRecord]:
    """Return records whose first delivery is not the next version of their aggregate."""
    top: defaultdict[str, int] = defaultdict(int)
    seen, wrong = set[int](), list[ProducerRecord]()
    for record in arrived:
        if record.seq in seen:
            continue
        seen.add(record.seq)
        if record.envelope.sequence != top[record.key] + 1:
            wrong.append(record)
        top[record.key] = record.envelope.sequence
    return wrong


async def test_nothing_is_lost_or_reordered(committed: Committed, tenant: UUID) -> None:
    urls = committed.urls
    async with committed.app.begin(tenant) as tx:
        ids = [(await write(tx, "first")).id for _ in range(NOTES)]
        late = (await write(tx, "first")).id
    stop_writing, stop_relays = asyncio.Event(), asyncio.Event()
    transport = CrashingTransport(seed=7)
    relays = [
        Relay(
            "testkit",
            urls.worker_url,
            transport,
            poll=PollInterval(fast=0.02, slow=0.1),
            page_rows=5,
        )
        for _ in range(3)
    ]
    running = [asyncio.create_task(relay.run(stop_relays)) for relay in relays]
    killer = asyncio.create_task(end_sessions(urls.worker_url, stop_writing))
    writers = [
        asyncio.create_task(write_hostilely(committed.app, tenant, ids, stop_writing, seed))
        for seed in range(WRITERS)
    ]
    writers.append(asyncio.create_task(stay_open(committed.app, tenant, late, stop_writing)))
    await asyncio.sleep(SECONDS)
    await wait_for_rows(urls.worker_url)
    stop_writing.set()
    await asyncio.gather(*writers)
    ended = await killer
    async with open_connection(urls.worker_url, name="test") as connection:
        written = await all_seqs(connection)
        await wait_for_delivery(transport, written)
    stop_relays.set()
    await asyncio.gather(*running)
    assert written - set(transport.seqs) == set()
    assert set(transport.seqs) - written == set()
    assert order_violations(transport.delivered) == []
    assert len(written) > MIN_ROWS
    assert transport.crashes > 0
    assert ended > 0


async def wait_for_rows(url: str) -> None:
    async with open_connection(url, name="test") as connection, asyncio.timeout(60):
        while len(await all_seqs(connection)) <= MIN_ROWS:  # noqa: ASYNC110  # rows set no event
            await asyncio.sleep(0.5)


async def all_seqs(connection: asyncpg.Connection) -> set[int]:
    return {row["seq"] for row in await connection.fetch("SELECT seq FROM outbox")}


async def wait_for_delivery(transport: CrashingTransport, written: set[int]) -> None:
    """Wait until every row is delivered, or long enough to call it lost."""
    for _ in range(300):
        if written <= set(transport.seqs):
            return
        await asyncio.sleep(0.1)
