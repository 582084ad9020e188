"""Carries out a schedule of faults. The supervisor of the launcher starts again what is killed."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from signal import SIGCONT, SIGKILL, SIGQUIT, SIGSTOP

import asyncpg

from deploy.local.processes import lives
from deploy.local.watch import health
from tests.soak.schedule import Fault, FaultKind
from tests.soak.stack import Stack

LOOK_SECONDS = 1.0
WAITER_LOOKS, WAITER_SECONDS = 50, 0.1  # the product gives a lock up after 10 s
LARGEST_SHARE_DOWN = 1 / 3  # a slow machine starts no process while it starts all of them


@dataclass
class Fire:
    """The faults of one run, with what came of them."""

    stack: Stack
    counts: Counter[str] = field(default_factory=Counter)
    _starting: set[str] = field(default_factory=set)
    _frozen: set[str] = field(default_factory=set)

    async def burn(self, schedule: Sequence[Fault]) -> None:
        """Carry out all faults at their times; at the end nothing is frozen or stalled."""
        began, total = time.monotonic(), len(self.stack.service_processes())
        watching = asyncio.create_task(self._watch())
        try:
            async with asyncio.TaskGroup() as tasks:
                for fault in schedule:
                    await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
                    if self._is_held_back(fault, total):
                        self.counts["kills held back"] += 1
                    else:
                        tasks.create_task(self._start(fault))
        finally:
            watching.cancel()
            for name in list(self._frozen):
                self._signal(name, SIGCONT)

    def _is_held_back(self, fault: Fault, total: int) -> bool:
        """Whether too many processes are still starting, or this one is frozen or down."""
        if fault.kind is not FaultKind.KILL:
            return False
        is_down = fault.target in self._frozen | self._starting
        return is_down or len(self._starting) > total * LARGEST_SHARE_DOWN

    async def _start(self, fault: Fault) -> None:
        match fault.kind:
            case FaultKind.KILL:
                self._kill(fault.target)
            case FaultKind.FREEZE:
                await self._freeze(fault)
            case FaultKind.STALL:
                await self._stall(fault)
            case FaultKind.STOP_POSTGRES:
                self._signal("postgres", SIGQUIT)  # "immediate": no checkpoint, no farewell
                self.counts["PostgreSQL stopped"] += 1
            case FaultKind.KILL_KAFKA:
                self._signal("kafka", SIGKILL)
                self.counts["Kafka killed"] += 1

    def _kill(self, name: str) -> None:
        if self._signal(name, SIGKILL):
            self.counts["kills"] += 1
            self._starting.add(name)

    async def _freeze(self, fault: Fault) -> None:
        if not self._signal(fault.target, SIGSTOP):
            return
        self.counts["freezes"] += 1
        self._frozen.add(fault.target)
        try:
            await asyncio.sleep(fault.seconds)
            if fault.killed:
                await self._kill_waiting(fault.killed)
        finally:
            self._frozen.discard(fault.target)
            self._signal(fault.target, SIGCONT)

    async def _kill_waiting(self, part: str) -> None:
        """Kill the processes of a part, and leave them no time to go on before they are dead.

        Those that are still starting are spared: the supervisor waits longer each time before it
        starts again what died at its start, so a part would be away for minutes.
        """
        for name in self.stack.service_processes():
            if name != part and not name.startswith(f"{part}-"):
                continue
            if name in self._starting:
                self.counts["kills held back"] += 1
            elif name not in self._frozen:
                self._kill(name)
        await asyncio.sleep(0.2)

    async def _stall(self, fault: Fault) -> None:
        """Lock a table against writes; those who wait for it are killed, or go on afterwards."""
        service, table = fault.target.split(".")
        try:
            connection = await asyncpg.connect(self.stack.superuser_dsn(service), timeout=15)
            try:
                async with connection.transaction():
                    await connection.execute("SET LOCAL lock_timeout = '10s'")
                    await connection.execute(f"LOCK TABLE {table} IN SHARE MODE")
                    self.counts["stalls"] += 1
                    await asyncio.sleep(fault.seconds)
                    if fault.killed:
                        await _until_someone_waits(connection, table)
                        await self._kill_waiting(fault.killed)
            finally:
                await connection.close(timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # PostgreSQL was down, or the table in use.
            self.counts[f"stalls cut short by {type(error).__name__}"] += 1

    def _signal(self, name: str, number: int) -> bool:
        """Send a signal; False where the process does not run just now."""
        try:
            process = self.stack.process(name).mark
        except KeyError:
            return False
        if not lives(process):
            return False
        os.kill(process.pid, number)
        return True

    async def _watch(self) -> None:
        """Notice which of the killed processes are ready again."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for name in list(self._starting):
                process = self.stack.process(name)
                answer = await asyncio.to_thread(health, process.port, process.ready, LOOK_SECONDS)
                if answer == "ready":
                    self._starting.discard(name)


async def _until_someone_waits(connection: asyncpg.Connection, table: str) -> None:
    """Wait for somebody to wait for the table, but less long than they would wait for it."""
    waiting = "SELECT count(*) FROM pg_locks WHERE relation = $1::text::regclass AND NOT granted"
    for _ in range(WAITER_LOOKS):
        if await connection.fetchval(waiting, table):
            return
        await asyncio.sleep(WAITER_SECONDS)
