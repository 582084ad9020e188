"""Whether the pools of some processes fit into the connections that their servers allow."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import structlog
from sqlalchemy import make_url

from chassis.database.connections import open_connection
from chassis.database.transient import DATABASE_ERRORS

log = structlog.get_logger()

# Beside each pool: the relay and its reader, the wakeups, a timer's lock.
CONNECTIONS_BESIDE_POOL = 4
PATIENCE = 5  # seconds
FREE = """
SELECT current_setting('max_connections')::int
  - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true), '0')::int
"""


class TooManyConnections(ValueError):
    """Pools may open more connections than their server allows. The message is a sentence."""


async def ensure_connections(urls: Sequence[str], *, per_pool: int) -> None:
    """Raise TooManyConnections if a pool of this size for each of the URLs is too much.

    A server that does not answer is not asked again: readiness tells of it.
    """
    servers = {url: (make_url(url).host, make_url(url).port) for url in urls}
    pools = Counter(servers[url] for url in urls)
    for server, number in pools.items():
        url = next(url for url in urls if servers[url] == server)
        allowed = await _allowed(url)
        needed = number * (per_pool + CONNECTIONS_BESIDE_POOL)
        if allowed is not None and needed > allowed:
            raise TooManyConnections(
                f"The processes started here may open {needed} connections ({number} pools of at"
                f" most {per_pool}, and {CONNECTIONS_BESIDE_POOL} beside each), and PostgreSQL at"
                f" {server[0]} allows {allowed}: lower L2C_POOL_SIZE and L2C_POOL_OVERFLOW,"
                " or raise max_connections."
            )


async def _allowed(url: str) -> int | None:
    try:
        async with asyncio.timeout(PATIENCE), open_connection(url, name="budget") as connection:
            allowed: int = await connection.fetchval(FREE)
    except DATABASE_ERRORS as error:
        log.warning("connections_not_checked", error=repr(error))
        return None
    return allowed
