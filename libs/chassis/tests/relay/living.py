"""Running relays inside a test, and waiting for what they do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from chassis.database.engine import Database
from chassis.events.relay.relay import PollInterval, Relay
from testkit.notes import Note, rewrite, write

PATIENCE_SECONDS = 30
QUICK = PollInterval(fast=0.01, slow=0.05)


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[asyncio.Task[None]]:
    """The relay at work for the length of the block; stopped gracefully, unless it was cut."""
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for the condition; fails loudly when it does not come true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  # what the relay does to the world rings no event
            await asyncio.sleep(0.02)


async def note_of(app: Database, tenant: UUID, *, versions: int) -> Note:
    """A note written and rewritten, each in a transaction of its own."""
    async with app.begin(tenant) as tx:
        note = await write(tx, "version 1")
    for version in range(2, versions + 1):
        async with app.begin(tenant) as tx:
            note = await rewrite(tx, note.id, f"version {version}")
    return note
