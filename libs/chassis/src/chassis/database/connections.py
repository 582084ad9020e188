"""Single connections outside the pools, for work bound to a session: locks, LISTEN."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import make_url

CLOSING_SECONDS = 2


async def connect(url: str, *, name: str, **settings: str) -> asyncpg.Connection:
    """Connect by an SQLAlchemy URL; `settings` are server settings of the session."""
    parts = make_url(url)
    return await asyncpg.connect(
        **parts.translate_connect_args(username="user"),
        **parts.query,
        timeout=10,
        server_settings={"application_name": name, "jit": "off", **settings},
    )


@asynccontextmanager
async def open_connection(
    url: str, *, name: str, **settings: str
) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection for a block; after an error it is terminated without a farewell."""
    connection = await connect(url, name=name, **settings)
    try:
        yield connection
    except BaseException:
        connection.terminate()
        raise
    await connection.close(timeout=CLOSING_SECONDS)


class SharedConnection:
    """A connection that several tasks use in turn: asyncpg runs one statement at a time."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def use(self) -> AsyncIterator[asyncpg.Connection]:
        """Yield the connection, with no other task using it at the same time."""
        async with self._turn:
            yield self._connection
