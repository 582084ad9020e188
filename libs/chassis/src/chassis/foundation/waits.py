"""Waits that end early, and waits that grow with every failure (decision 28)."""

import asyncio
from contextlib import suppress
from random import uniform


async def wait_or_timeout(until: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most this many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await until.wait()


def backoff_seconds(failures: int, first: float, longest: float) -> float:
    """Return the delay after this many failures in a row: it doubles, with jitter of a quarter."""
    delay = min(first * 2.0 ** min(failures - 1, 30), longest)
    return delay * uniform(0.75, 1.25)  # noqa: S311  # spreads load; no secret


class Backoff:
    """Delays in seconds that double up to the longest, until a success."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self.failures = 0

    def next(self) -> float:
        """Count a failure, and return the delay after it."""
        self.failures += 1
        return backoff_seconds(self.failures, self._first, self._longest)

    def reset(self) -> None:
        """Start again with the first delay, after a success."""
        self.failures = 0
