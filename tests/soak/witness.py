"""Looks into the databases the moment an answer arrives: what is answered must be committed."""

import asyncio
from contextlib import suppress

import asyncpg

from tests.soak.journal import Answer

LOOK_SECONDS = 2.0


class Witness:
    """A connection to each database, opened when it is first needed.

    It says nothing while PostgreSQL is down: every answer is compared again at the end.
    """

    def __init__(self, dsn_of: dict[str, str]) -> None:
        self._dsn_of = dsn_of
        self._connections: dict[str, asyncpg.Connection] = {}
        self._locks = {service: asyncio.Lock() for service in dsn_of}

    async def contradicts(self, promised: Answer) -> bool:
        """Whether the database has no such record, or only an older version of it."""
        async with self._locks[promised.service]:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    connection = await self._connect(promised.service)
                    version = await connection.fetchval(
                        f"SELECT version FROM {promised.table} WHERE id = $1", promised.id
                    )
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._forget(promised.service)
                return False
        return version is None or version < (promised.version or 0)

    async def close(self) -> None:
        for service in list(self._connections):
            await self._forget(service)

    async def _connect(self, service: str) -> asyncpg.Connection:
        if service not in self._connections:
            self._connections[service] = await asyncpg.connect(self._dsn_of[service])
        return self._connections[service]

    async def _forget(self, service: str) -> None:
        connection = self._connections.pop(service, None)
        if connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=1)
