"""Waits that end early, and waits that grow with every failure."""

import asyncio
from contextlib import suppress
from random import uniform


async def wait_or_timeout(until: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most this many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await until.wait()


class Backoff:
    """Delays in seconds that double up to the longest, with jitter."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._times = 0

    def next(self) -> float:
        """Return the next delay."""
        delay: float = min(self._first * 2.0 ** min(self._times, 30), self._longest)
        self._times += 1
        return delay * uniform(0.5, 1.5)  # noqa: S311  # jitter

    def reset(self) -> None:
        """Start again with the first delay, after a success."""
        self._times = 0
