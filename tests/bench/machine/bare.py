"""Starts the bare application, the yardstick, with a database of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from testkit import databases
from tests.bench.machine import bare_app
from tests.system.harness import ROOT, free_port

BARE = "bare"


class BareApp:
    """The bare application with its database (see `bare_app`)."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "bare.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    async def start(self) -> None:
        dsn = databases.admin_dsn()
        admin = await asyncpg.connect(dsn)
        await admin.execute(f"DROP DATABASE IF EXISTS {BARE} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {BARE}")
        await admin.close()
        inside = await asyncpg.connect(dsn, database=BARE)
        await inside.execute(bare_app.TABLE)
        await inside.close()
        url = dsn.rpartition("/")[0] + f"/{BARE}"
        command = [sys.executable, "-m", "uvicorn", "tests.bench.machine.bare_app:app"]
        options = ["--port", str(self.port), "--loop", "uvloop", "--no-access-log"]
        self._start([*command, *options], {**os.environ, bare_app.DATABASE_URL: url})
        await self._wait()

    def _start(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT
            )

    async def _wait(self) -> None:
        for _ in range(300):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
        raise AssertionError(f"the bare application does not start:\n{self._log.read_text()}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
