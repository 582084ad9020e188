"""Processes: how long they take to start, what memory they keep, and what they use when idle."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence

from tests.bench.machine import accounting
from tests.bench.machine.measuring import RUNS, Bench, Measure, Measured, Reach, Row
from tests.bench.machine.streams import fill_outbox, relay_all
from tests.bench.machine.system import ROOT, System
from tests.bench.machine.waiting import wait_for_count
from tests.bench.rows import leads
from tests.bench.rows.workers import APPLIED, NONE, applied_in_quiet
from tests.system.harness import free_port

CHUNK, IDLE_SECONDS = 10_000, 10.0
BARE_START = """
import sys
import aiokafka, uvicorn
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine
app, engine = FastAPI(), create_async_engine("postgresql+asyncpg://127.0.0.1/bare")
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", log_level="error")
"""
WORKERS = ("mtl-relay", "mtl-consumer", "mtl-jobs")


async def _listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return


async def bare_start() -> float:
    """Return the seconds until a bare app with the same libraries listens."""
    port, began = free_port(), time.perf_counter()
    command = [sys.executable, "-c", BARE_START, str(port)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    await _listening(port)
    seconds = time.perf_counter() - began
    process.terminate()
    await process.wait()
    return seconds


async def start(bench: Bench) -> Measured:
    values: list[float] = []
    for _ in range(RUNS):
        await bench.system.stop("mtl-api")
        bare, began = await bare_start(), time.perf_counter()
        await bench.system.start("mtl-api")
        seconds = time.perf_counter() - began
        values.append(seconds / bare)
    return Measured(values, f"{seconds:.2f} s; bare {bare:.2f} s")


def memory_of_api(requests: int) -> Measure:
    """Return the measurement of the growth over many requests, after some that fill caches."""

    async def measure(bench: Bench) -> Measured:
        system = bench.system
        await leads.filled(system)
        await system.stop("mtl-api")
        await system.start("mtl-api")
        reads = leads.reads("seller", "person-7")

        async def work(count: int) -> None:
            for start in range(0, count, CHUNK):
                some = await reads(system, min(CHUNK, count - start))
                await system.send("mtl", some, connections=8)

        return await _growth(system, "mtl-api", work, requests)

    return measure


def memory_of_worker(name: str, events: int) -> Measure:
    """Return the measurement of a relay of l2o, or a consumer of cpq, over many events."""

    async def measure(bench: Bench) -> Measured:
        system = bench.system
        await system.create_topics()
        await relay_all(system)
        await system.start("l2o-relay", "cpq-consumer")
        async with system.superuser("l2o") as source, system.superuser("cpq") as target:
            await applied_in_quiet(target)

            async def work(count: int) -> None:
                before = await target.fetchval(APPLIED, NONE)
                await fill_outbox(source, count)
                await wait_for_count(target, APPLIED, NONE, count=before + count)

            measured = await _growth(system, name, work, events)
        await system.stop("l2o-relay", "cpq-consumer")
        return measured

    return measure


async def _growth(
    system: System, name: str, work: Callable[[int], Awaitable[None]], count: int
) -> Measured:
    """Measure how memory grows from the first tenth of the work, which fills caches, to the end."""
    idle = accounting.memory_bytes(system.pid(name))
    await work(count // 10)
    before = accounting.memory_bytes(system.pid(name))
    values: list[float] = []
    for _ in range(RUNS):
        await work(count // RUNS)
        values.append(accounting.memory_bytes(system.pid(name)) / before)
    return Measured(values[-1:], f"idle {_mebibytes(idle)}, then {_mebibytes(before)}")


async def idle(bench: Bench) -> Measured:
    """Measure the share of a core that the workers of one service use when nothing happens."""
    system = bench.system
    await leads.filled(system)
    await system.start(*WORKERS)
    await asyncio.sleep(5)
    values: list[float] = []
    for _ in range(RUNS):
        before = system.cpu(WORKERS)
        await asyncio.sleep(IDLE_SECONDS)
        values.append(100 * (system.cpu(WORKERS) - before) / IDLE_SECONDS)
    memory = {name: accounting.memory_bytes(system.pid(name)) for name in WORKERS}
    await system.stop(*WORKERS)
    return Measured(values, ", ".join(f"{one} {_mebibytes(size)}" for one, size in memory.items()))


def _mebibytes(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


def memory_rows(count: int) -> Sequence[Row]:
    """Return the rows of memory over so many requests or events."""
    flat, after = Reach(at_most=1.1), f"after {count:,} / {count // 10:,}"
    return (
        Row("processes.memory.api", f"RSS of mtl's API {after} reads", flat, memory_of_api(count)),
        *(
            Row(
                f"processes.memory.{name.partition('-')[2]}",
                f"RSS of {name} {after} events",
                flat,
                memory_of_worker(name, count),
            )
            for name in ("l2o-relay", "cpq-consumer")
        ),
    )


ROWS: Sequence[Row] = (
    Row("processes.start", "mtl's API until ready / a bare app", Reach(at_most=2), start),
    *memory_rows(10_000),
    Row("processes.idle", "idle workers of mtl + PostgreSQL, % of a core", Reach(), idle, "%"),
)
DEEP_ROWS: Sequence[Row] = memory_rows(100_000)
