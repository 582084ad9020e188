"""Waits until something has happened that only the database shows."""

import asyncio
from typing import Any

import asyncpg


async def wait_for_count(
    connection: asyncpg.Connection,
    query: str,
    *values: Any,
    count: int,
    every: float = 0.05,
    seconds: float = 300,
) -> None:
    """Wait until a query counts so many rows. Raises TimeoutError, by default in five minutes."""
    for _ in range(int(seconds / every)):
        if await connection.fetchval(query, *values) >= count:
            return
        await asyncio.sleep(every)
    raise TimeoutError(f"not {count} rows within {seconds:.0f} s: {query}")
