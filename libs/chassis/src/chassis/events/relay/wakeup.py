"""Notifies the relay after a commit that published events.

NOTIFY runs outside the transaction: inside, it cut the rate of commits by 70 %. A lost notification
costs the relay's poll interval and nothing else, so no error here may reach a request.
"""

import asyncio
from types import TracebackType
from typing import Self

import asyncpg
import structlog

from chassis.database.connections import open_connection

NOTIFY = "NOTIFY l2c_outbox"
NOTIFY_INTERVAL_SECONDS = 0.005  # requests within it become one notification
RECONNECT_SECONDS = 1.0

log = structlog.get_logger(__name__)

# asyncpg raises InternalClientError when a session is cut in the middle of an answer.
CONNECTION_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class Wakeup:
    """Sends the notifications: `async with Wakeup(url) as w: database.on_published = w.request`."""

    def __init__(self, url: str, *, name: str = "wakeup") -> None:
        self._url = url
        self._name = name
        self._requested = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def request(self) -> None:
        """Request a notification soon; returns at once."""
        self._requested.set()

    async def start(self) -> None:
        """Start the task that sends the notifications."""
        self._task = asyncio.create_task(self._notify_forever(), name="wakeup")

    async def stop(self) -> None:
        """Stop the task; requests not yet sent are dropped."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _notify_forever(self) -> None:
        while True:
            await self._requested.wait()  # connect only when there is something to notify
            try:
                async with open_connection(self._url, name=self._name) as connection:
                    await self._notify_on(connection)
            except CONNECTION_ERRORS as error:
                log.warning("wakeup_failed", error=repr(error))
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _notify_on(self, connection: asyncpg.Connection) -> None:
        while True:
            await self._requested.wait()
            self._requested.clear()
            await connection.execute(NOTIFY, timeout=5)
            await asyncio.sleep(NOTIFY_INTERVAL_SECONDS)
