"""Waiting that ends early."""

import asyncio
from contextlib import suppress


async def wait_or_timeout(until: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most so long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await until.wait()
