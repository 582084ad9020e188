"""Processes of the system tests: started, killed by pid and started again."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.services import SERVICES
from testkit import databases
from testkit.databases import ServiceDatabase

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Process:
    """A process that can be started again with the same command.

    `port` is that of its health; an API also serves at `api_port`.
    """

    name: str
    arguments: tuple[str, ...]
    env: Mapping[str, str]
    port: int
    log: Path
    api_port: int | None = None
    running: subprocess.Popen[bytes] | None = None
    kills: int = 0

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "chassis", *self.arguments, *self._ports()],
                cwd=ROOT,
                env=dict(self.env),
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def _ports(self) -> list[str]:
        if self.api_port is None:
            return ["--port", str(self.port)]
        return ["--port", str(self.api_port), "--operators-port", str(self.port)]

    def kill(self) -> None:
        """Kill the process with SIGKILL and wait for its end."""
        assert self.running is not None
        self.running.kill()
        self.running.wait()
        self.kills += 1

    def stop(self) -> int:
        """SIGTERM, and its exit code."""
        assert self.running is not None
        if self.running.poll() is None:
            self.running.terminate()
        try:
            return self.running.wait(30)
        except subprocess.TimeoutExpired:
            self.running.kill()
            return self.running.wait()

    async def ready(self, *, seconds: float = 60) -> None:
        """Wait for /readyz. Raises AssertionError with the end of the log."""
        async with httpx.AsyncClient() as http:
            for _ in range(int(seconds * 10)):
                try:
                    if (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.1)
        raise AssertionError(f"{self.name} is not ready:\n{self.log.read_text()[-4000:]}")


@dataclass
class Deployment:
    """The databases and processes of one system test."""

    env: dict[str, str]
    folder: Path
    databases: list[ServiceDatabase] = field(default_factory=list)
    processes: dict[str, Process] = field(default_factory=dict)

    @classmethod
    async def create(
        cls, folder: Path, suffix: str, services: Sequence[str] = SERVICES
    ) -> "Deployment":
        """Fresh databases, and the environment every process gets."""
        env = {**os.environ, "L2C_MODE": "development", "LOG_LEVEL": "WARNING"}
        made = cls(env, folder)
        for name in services:
            one = await databases.create_database(name, suffix)
            made.databases.append(one)
            env[f"{name.upper()}_DATABASE_URL"] = one.app_url
            env[f"{name.upper()}_WORKER_DATABASE_URL"] = one.worker_url
            env[f"{name.upper()}_OWNER_DATABASE_URL"] = one.owner_url
        return made

    def add(self, name: str, *arguments: str) -> Process:
        """A process to be; `start` it."""
        log = self.folder / f"{name}.log"
        process = Process(name, arguments, self.env, free_port(), log)
        if arguments[0] == "api":
            process.api_port = free_port()
        self.processes[name] = process
        return process

    def run(self, *arguments: str) -> None:
        """A command that ends by itself."""
        subprocess.run(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=self.env, check=True, timeout=120
        )

    async def tear_down(self) -> None:
        for process in self.processes.values():
            if process.running is not None:
                process.stop()
        for one in self.databases:
            await databases.drop(one)
