"""Several relays share the buckets fairly; another takes over when one dies or freezes."""

import asyncio
import os
import signal
import sys
from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest

from chassis.database.advisory_locks import LOCK_BUCKET, LockClass
from chassis.database.connections import open_connection
from chassis.events.outbox import BUCKETS
from chassis.events.relay.buckets import fair_share
from chassis.events.relay.relay import Relay
from kernel.ids import new_id
from libs.chassis.tests.events.relay.relay_running import (
    QUICK,
    running_relay,
    wait_until,
    write_versions,
)
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Committed

ALL_BUCKETS = frozenset(range(BUCKETS))


@pytest.mark.parametrize(("members", "share"), [(0, 16), (1, 16), (2, 8), (3, 6), (16, 1), (17, 1)])
def test_the_share_is_fair(members: int, share: int) -> None:
    assert fair_share(members) == share


def relay_of(committed: Committed, transport: RecordingTransport) -> Relay:
    return Relay("testkit", committed.urls.worker_url, transport, poll=QUICK)


def owned_counts(*relays: Relay) -> list[int]:
    return sorted(len(relay.health.buckets) for relay in relays)


async def test_relays_share_the_buckets_and_take_over_those_of_a_stopped_one(
    committed: Committed, tenant: UUID
) -> None:
    transport = RecordingTransport()
    first, second, third = (relay_of(committed, transport) for _ in range(3))
    async with running_relay(first):
        await wait_until(lambda: first.health.buckets == ALL_BUCKETS)
        async with running_relay(second):
            await wait_until(lambda: owned_counts(first, second) == [8, 8])
            assert first.health.buckets | second.health.buckets == ALL_BUCKETS
            async with running_relay(third):
                await wait_until(lambda: owned_counts(first, second, third) == [4, 6, 6])
                notes = [await write_versions(committed.app, tenant, versions=3) for _ in range(8)]
        await wait_until(lambda: first.health.buckets == ALL_BUCKETS)
        await wait_until(lambda: len(transport.delivered) == 24)
    assert set(Counter(transport.seqs).values()) == {1}
    for note in notes:
        mine = [r.envelope.sequence for r in transport.delivered if r.envelope.subject == note.id]
        assert mine == [1, 2, 3]


async def test_another_takes_over_from_one_that_dies(committed: Committed, tenant: UUID) -> None:
    transport = RecordingTransport()
    first, second = relay_of(committed, transport), relay_of(committed, transport)
    async with running_relay(first) as dying, running_relay(second):
        await wait_until(lambda: owned_counts(first, second) == [8, 8])
        dying.cancel()  # without leaving: its member row stays
        await wait_until(lambda: second.health.buckets == ALL_BUCKETS)
        note = await write_versions(committed.app, tenant, versions=2)
        await wait_until(lambda: len(transport.delivered) == 2)
    assert {record.envelope.subject for record in transport.delivered} == {note.id}


async def test_the_session_of_a_frozen_owner_is_ended(committed: Committed, tenant: UUID) -> None:
    """It froze while reading a result, so `idle_session_timeout` does not end it."""
    url = committed.urls.worker_url
    transport = RecordingTransport()
    relay = relay_of(committed, transport)
    async with (
        open_connection(url, name="frozen") as frozen,
        open_connection(url, name="bystander") as other,
    ):
        await frozen.execute(
            "INSERT INTO relay_members"
            " SELECT $1, pg_backend_pid(), clock_timestamp() - $2::interval",
            new_id(),
            timedelta(seconds=30),
        )
        for bucket in range(BUCKETS):
            await frozen.execute(LOCK_BUCKET, bucket)
        await other.execute("SELECT pg_advisory_lock($1, $2)", LockClass.REBUILD, 0)
        async with running_relay(relay):
            await wait_until(lambda: relay.health.buckets == ALL_BUCKETS)
            await write_versions(committed.app, tenant, versions=1)
            await wait_until(lambda: len(transport.delivered) == 1)
        assert frozen.is_closed()
        assert not other.is_closed()


FROZEN = """
import asyncio, sys
from chassis.events.relay.relay import Relay
class StderrTransport:
    async def send(self, records):
        for record in records:
            print(record.seq, file=sys.stderr, flush=True)
        return []
async def main():
    relay = Relay("testkit", sys.argv[1], StderrTransport())
    task = asyncio.create_task(relay.run(asyncio.Event()))
    while len(relay.health.buckets) < 16:
        await asyncio.sleep(0.05)
    print("ready", file=sys.stderr, flush=True)
    await task
asyncio.run(main())
"""


async def test_a_frozen_process_is_replaced_and_sends_no_new_page_when_it_thaws(
    committed: Committed, tenant: UUID
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        FROZEN,
        committed.urls.worker_url,
        stdout=asyncio.subprocess.DEVNULL,  # its log
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        assert await process.stderr.readline() == b"ready\n"
        os.kill(process.pid, signal.SIGSTOP)
        transport = RecordingTransport()
        relay = relay_of(committed, transport)
        async with running_relay(relay):
            await wait_until(lambda: relay.health.buckets == ALL_BUCKETS)
            await write_versions(committed.app, tenant, versions=5)
            await wait_until(lambda: len(transport.delivered) == 5)
            os.kill(process.pid, signal.SIGCONT)
            await wait_until(lambda: len(relay.health.buckets) == 8)  # it starts a new session
        assert [r.envelope.sequence for r in transport.delivered] == [1, 2, 3, 4, 5]
    finally:
        process.kill()
        _, rest = await process.communicate()
    assert rest == b""
