"""The notification after a commit wakes the relay; its failures affect no request."""

import asyncio
import time
from uuid import UUID

from chassis.database.connections import open_connection
from chassis.events.relay.relay import OUTBOX_CHANNEL, PollInterval, Relay
from chassis.events.relay.wakeup import Wakeup
from libs.chassis.tests.events.relay.relay_running import running_relay, wait_until, write_versions
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Committed


async def test_a_notification_wakes_a_relay_with_a_long_poll_interval(
    committed: Committed, tenant: UUID
) -> None:
    transport = RecordingTransport()
    slow_relay = Relay(
        "testkit", committed.urls.worker_url, transport, poll=PollInterval(fast=20, slow=20)
    )
    async with Wakeup(committed.urls.app_url) as wakeup, running_relay(slow_relay):
        committed.app.on_published = wakeup.request
        await wait_until(lambda: len(slow_relay.health.buckets) == 16)
        begun = time.monotonic()
        await write_versions(committed.app, tenant, versions=1)
        await wait_until(lambda: len(transport.delivered) == 1)
        assert time.monotonic() - begun < 10
        committed.app.on_published = lambda: None
        wakeup.request()  # so that the waiting relay sees that it is stopped


async def test_many_requests_become_few_notifications(committed: Committed) -> None:
    received: list[float] = []
    async with open_connection(committed.urls.worker_url, name="listener") as listener:
        await listener.add_listener(OUTBOX_CHANNEL, lambda *_: received.append(time.monotonic()))
        async with Wakeup(committed.urls.app_url) as wakeup:
            for _ in range(1000):
                wakeup.request()
            await wait_until(lambda: len(received) > 0)
            await asyncio.sleep(0.1)
        await listener.reset()
    assert 1 <= len(received) < 5


async def test_an_unavailable_database_raises_nothing() -> None:
    async with Wakeup("postgresql+asyncpg://a:b@127.0.0.1:1/c") as wakeup:
        wakeup.request()
        await asyncio.sleep(0.1)
        wakeup.request()


async def test_it_notifies_again_after_its_session_was_ended(committed: Committed) -> None:
    received: list[str] = []
    url = committed.urls.worker_url
    async with (
        open_connection(url, name="listener") as listener,
        Wakeup(url, name="wakeup-to-end") as wakeup,
    ):
        await listener.add_listener(OUTBOX_CHANNEL, lambda *_: received.append("notified"))
        wakeup.request()
        await wait_until(lambda: len(received) == 1)
        await listener.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'wakeup-to-end' AND datname = current_database()"
        )
        async with asyncio.timeout(30):
            while len(received) < 2:
                wakeup.request()
                await asyncio.sleep(0.05)
        await listener.reset()
