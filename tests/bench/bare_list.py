"""A bare application that answers a list by the very SQL that a service has sent for it.

Started as `uvicorn tests.bench.bare_list:app` with a file that `save` has written.
"""

import asyncio
import os
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response

from tests.bench.machine.bare_app import POOL_SIZE
from tests.system.harness import free_port

ROOT = Path(__file__).parents[2]
SENT = "BENCH_BARE_LIST"


@dataclass(frozen=True)
class SentStatements:
    """The statements of one request, with their values; the longest answer is the page."""

    url: str
    tenant: UUID
    statements: Sequence[tuple[str, tuple[Any, ...]]]

    def save(self, file: Path) -> None:
        file.write_bytes(pickle.dumps((self.url, self.tenant, list(self.statements))))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    content = await asyncio.to_thread(Path(os.environ[SENT]).read_bytes)
    sent = SentStatements(*pickle.loads(content))
    app.state.sent = sent
    url = sent.url.replace("+asyncpg", "")
    settings = {"jit": "off", "app.tenant": str(sent.tenant)}
    async with asyncpg.create_pool(
        url, min_size=POOL_SIZE, max_size=POOL_SIZE, server_settings=settings
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/list")
async def list_rows(request: Request) -> Response:
    state = request.app.state
    async with state.pool.acquire() as connection, connection.transaction():
        answers = [
            await connection.fetch(statement, *values)
            for statement, values in state.sent.statements
        ]
    items = [dict(row) for row in max(answers, key=len)]
    content = orjson.dumps({"items": items}, default=_plain)
    return Response(content, media_type="application/json")


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


@asynccontextmanager
async def serving(sent: SentStatements, folder: Path) -> AsyncIterator[int]:
    """Run the application with these statements; yields its port."""
    file, port = folder / "bare_list.pickle", free_port()
    sent.save(file)
    command = [sys.executable, "-m", "uvicorn", "tests.bench.bare_list:app", "--port", str(port)]
    options = ["--loop", "uvloop", "--no-access-log"]
    with (folder / "bare_list.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, *options, cwd=ROOT, env={**os.environ, SENT: str(file)},
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        await _answering(port, process)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _answering(port: int, process: asyncio.subprocess.Process) -> None:
    """Wait until the port answers. Raises AssertionError if the process ends before."""
    while True:
        assert process.returncode is None, "the bare list does not start: see bare_list.log"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
