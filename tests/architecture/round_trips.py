"""Counts what an application asks of PostgreSQL: statements, and round trips on the wire."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

CHUNK = 1 << 20  # a message of a client is one chunk: it waits for the answer before the next one


@dataclass
class Counted:
    """What was asked since the last `reset`."""

    statements: int = 0
    round_trips: int = 0

    def reset(self) -> None:
        self.statements = self.round_trips = 0


@asynccontextmanager
async def counting_proxy(url: str, counted: Counted) -> AsyncIterator[str]:
    """Pass connections on to the server of this URL; yield the URL that leads through here."""
    target, tasks = make_url(url), set[asyncio.Task[None]]()

    async def serve(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(target.host, target.port)

        def count() -> None:
            counted.round_trips += 1

        for source, sink, seen in ((client, to_server, count), (server, to_client, _nothing)):
            task = asyncio.create_task(_pass_on(source, sink, seen))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    yield target.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    proxy.close()
    for task in list(tasks):
        task.cancel()


def _nothing() -> None:
    """Answers are not counted."""


async def _pass_on(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, seen: Callable[[], None]
) -> None:
    try:
        while chunk := await source.read(CHUNK):
            seen()
            sink.write(chunk)
    finally:
        sink.close()


@contextmanager
def counting_statements(engine: AsyncEngine, counted: Counted) -> Iterator[None]:
    """Count the statements of an engine inside the block; BEGIN and COMMIT are none of them."""

    def count(*_: Any) -> None:
        counted.statements += 1

    event.listen(engine.sync_engine, "before_cursor_execute", count)
    yield
    event.remove(engine.sync_engine, "before_cursor_execute", count)
