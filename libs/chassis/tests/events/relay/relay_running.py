"""Runs relays inside a test and waits for their effects."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.database.engine import Database
from chassis.events.relay.relay import PollInterval, Relay
from testkit.notes import Note, rewrite, write

TIMEOUT_SECONDS = 30
QUICK = PollInterval(fast=0.01, slow=0.05)


@asynccontextmanager
async def running_relay(relay: Relay) -> AsyncIterator[asyncio.Task[None]]:
    """Run the relay during the block; it is stopped gracefully unless the test cancels it."""
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true. Raises TimeoutError."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while not condition():  # noqa: ASYNC110  # a relay's effects set no event
            await asyncio.sleep(0.02)


async def write_versions(app: Database, tenant: UUID, *, versions: int) -> Note:
    """Write a note in so many versions, each in a transaction of its own."""
    async with app.begin(tenant) as tx:
        note = await write(tx, "version 1")
    for version in range(2, versions + 1):
        async with app.begin(tenant) as tx:
            note = await rewrite(tx, note.id, f"version {version}")
    return note
