"""Keeps the workers of one service waiting while its database is a restored one."""

import asyncio

import structlog

from chassis.database.connections import open_connection
from chassis.database.transient import DATABASE_ERRORS
from chassis.events.relay.epoch import EpochMismatch, verify_epoch
from chassis.foundation.waits import wait_or_timeout

log = structlog.get_logger()

EVERY = 2.0  # seconds


class EpochGuard:
    """Verifies the epoch of a database before the workers of its service begin.

    `problem` is the sentence with the remedy while an operator must rebase the database. The other
    services of the process are not concerned.
    """

    def __init__(self, service: str, worker_url: str) -> None:
        self.service = service
        self.problem: str | None = None
        self._url = worker_url

    async def wait(self, stop: asyncio.Event, *, every: float = EVERY) -> None:
        """Return when the epoch fits the database, or at the stop."""
        while not stop.is_set():
            try:
                async with open_connection(self._url, name=f"{self.service}-epoch") as connection:
                    await verify_epoch(connection, self.service)
            except EpochMismatch as mismatch:
                if self.problem is None:
                    await log.aerror("database_restored", service=self.service, error=str(mismatch))
                self.problem = str(mismatch)
            except DATABASE_ERRORS as error:
                await log.awarning("epoch_not_verified", service=self.service, error=repr(error))
            else:
                self.problem = None
                return
            await wait_or_timeout(stop, every)

    async def check(self) -> str | None:
        """Return the problem, for /readyz."""
        return self.problem
