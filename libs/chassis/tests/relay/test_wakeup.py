"""The bell after a commit: it wakes the relay, and its failures reach nobody."""

import asyncio
import time
from uuid import UUID

from chassis.database.connections import open_connection
from chassis.events.relay.relay import OUTBOX_CHANNEL, PollInterval, Relay
from chassis.events.relay.wakeup import Wakeup
from libs.chassis.tests.relay.living import note_of, running, until
from libs.chassis.tests.relay.transports import Recorder
from testkit.plugin import Committed


async def test_a_ring_wakes_a_relay_that_sleeps_long(committed: Committed, tenant: UUID) -> None:
    transport = Recorder()
    sleepy = Relay(
        "testkit", committed.urls.worker_url, transport, poll=PollInterval(fast=20, slow=20)
    )
    async with Wakeup(committed.urls.app_url) as wakeup, running(sleepy):
        committed.app.on_published = wakeup.ring
        await until(lambda: len(sleepy.health.buckets) == 16)
        begun = time.monotonic()
        await note_of(committed.app, tenant, versions=1)
        await until(lambda: len(transport.arrived) == 1)
        assert time.monotonic() - begun < 10
        committed.app.on_published = lambda: None
        wakeup.ring()  # so that the sleeper sees that it is stopped


async def test_many_rings_are_few_notifications(committed: Committed) -> None:
    heard: list[float] = []
    async with open_connection(committed.urls.worker_url, name="listener") as listener:
        await listener.add_listener(OUTBOX_CHANNEL, lambda *_: heard.append(time.monotonic()))
        async with Wakeup(committed.urls.app_url) as wakeup:
            for _ in range(1000):
                wakeup.ring()
            await until(lambda: len(heard) > 0)
            await asyncio.sleep(0.1)
        await listener.reset()
    assert 1 <= len(heard) < 5


async def test_a_database_that_is_away_disturbs_nobody() -> None:
    async with Wakeup("postgresql+asyncpg://a:b@127.0.0.1:1/c") as wakeup:
        wakeup.ring()
        await asyncio.sleep(0.1)
        wakeup.ring()


async def test_it_rings_again_after_its_session_was_ended(committed: Committed) -> None:
    heard: list[str] = []
    url = committed.urls.worker_url
    async with (
        open_connection(url, name="listener") as listener,
        Wakeup(url, name="mortal") as wakeup,
    ):
        await listener.add_listener(OUTBOX_CHANNEL, lambda *_: heard.append("ring"))
        wakeup.ring()
        await until(lambda: len(heard) == 1)
        await listener.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'mortal' AND datname = current_database()"
        )
        async with asyncio.timeout(30):
            while len(heard) < 2:
                wakeup.ring()
                await asyncio.sleep(0.05)
        await listener.reset()
