"""What a row of the table is, and how its values are measured against the bare application."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from tests.bench.machine import accounting
from tests.bench.machine.bare import BareApp
from tests.bench.machine.load import Request, send
from tests.bench.machine.system import System

RUNS = 3
BARE_REQUESTS = 1_000
WARM_UP = 40


@dataclass(frozen=True)
class Reach:
    """What a value should reach: at most, or at least, this."""

    at_most: float | None = None
    at_least: float | None = None

    def holds(self, value: float) -> bool:
        above = self.at_most is not None and value > self.at_most
        below = self.at_least is not None and value < self.at_least
        return not above and not below

    def __str__(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return "" if self.at_least is None else f">= {self.at_least:g}"


@dataclass(frozen=True)
class Measured:
    """The values of all runs, and what else they told."""

    values: Sequence[float]
    note: str = ""

    @property
    def value(self) -> float:
        return median(self.values)


@dataclass(frozen=True)
class Bench:
    """What a row measures with."""

    system: System
    bare: BareApp

    async def bare_cost(self, connections: int) -> float:
        """Return the CPU seconds of one request to the bare application, PostgreSQL included."""
        body = {
            "name": "王芳",
            "company": "杭州远景科技有限公司",
            "phone": "+8613800138000",
            "email": "wang.fang@example.com",
            "source": "展会",
        }
        pids = [self.bare.pid, self.system.postgres_pid]
        requests = [Request("POST", "/leads", body=body)] * BARE_REQUESTS
        before = accounting.cpu_seconds(pids)
        await send([self.bare.port], requests, connections=connections)
        return (accounting.cpu_seconds(pids) - before) / BARE_REQUESTS


Measure = Callable[[Bench], Awaitable[Measured]]


@dataclass(frozen=True)
class Row:
    """A row of the table: `measure` returns at least three values of alternating runs."""

    name: str
    what: str
    reach: Reach
    measure: Measure
    unit: str = ""


Prepared = Any
Prepare = Callable[[System, int], Awaitable[Prepared]]
Work = Callable[[System, Prepared], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation whose CPU is compared with that of a bare INSERT.

    `ready` prepares the databases before the processes start, and `prepare` what `count` operations
    need; neither is measured. The CPU of `processes` counts; those `beside` only run.
    """

    ready: Callable[[System], Awaitable[None]]
    prepare: Prepare
    work: Work
    processes: Sequence[str]
    beside: Sequence[str] = ()
    count: int = 400
    connections: int = 8
    leave_running: bool = True

    async def measure(self, bench: Bench) -> Measured:
        """Measure alternating runs: bare, operation, bare, operation, ... bare."""
        system = bench.system
        await self.ready(system)
        await system.start(*self.processes, *self.beside)
        await self.work(system, await self.prepare(system, WARM_UP))
        costs, operations = [await bench.bare_cost(self.connections)], []
        for _ in range(RUNS):
            prepared = await self.prepare(system, self.count)
            before = system.cpu(self.processes)
            await self.work(system, prepared)
            operations.append((system.cpu(self.processes) - before) / self.count)
            costs.append(await bench.bare_cost(self.connections))
        if not self.leave_running:
            await system.stop(*self.processes, *self.beside)
        values = [
            one / mean(around) for one, *around in zip(operations, costs, costs[1:], strict=False)
        ]
        milliseconds = f"{median(operations) * 1000:.2f} ms; bare {median(costs) * 1000:.2f} ms"
        return Measured(values, milliseconds)


def requests_to(service: str, *, connections: int = 8) -> Work:
    """Return the work that sends the prepared requests to the API of a service."""

    async def work(system: System, prepared: Prepared) -> None:
        await system.send(service, prepared, connections=connections)

    return work


def cost(name: str, what: str, at_most: float, operation: Operation) -> Row:
    """Return the row of an operation's cost as a multiple of the bare INSERT's."""
    return Row(name, what, Reach(at_most=at_most), operation.measure, unit="x L2")
