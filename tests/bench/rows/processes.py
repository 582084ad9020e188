"""Processes: how long they take to start, what memory they keep, and what they use when idle."""

import asyncio
import sys
import time
from collections.abc import Sequence

from tests.bench.machine import accounting
from tests.bench.machine.measuring import RUNS, Bench, Measured, Reach, Row
from tests.bench.machine.system import ROOT
from tests.bench.rows import leads
from tests.system.harness import free_port

REQUESTS, IDLE_SECONDS = 10_000, 10.0
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


async def memory(bench: Bench) -> Measured:
    """Measure the growth of the API over many requests, after some that fill its caches."""
    system = bench.system
    await leads.filled(system)
    await system.stop("mtl-api")
    await system.start("mtl-api")
    values: list[float] = []
    reads = leads.reads("seller", "person-7")
    await system.send("mtl", await reads(system, 1_000), connections=8)
    before = accounting.memory_bytes(system.pid("mtl-api"))
    for _ in range(RUNS):
        await system.send("mtl", await reads(system, REQUESTS // RUNS), connections=8)
        values.append(accounting.memory_bytes(system.pid("mtl-api")) / before)
    return Measured(values, f"{before / 2**20:.0f} MiB at first")


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
    parts = [_share(accounting.memory_bytes(system.pid(name)), name) for name in WORKERS]
    await system.stop(*WORKERS)
    return Measured(values, ", ".join(parts))


def _share(size: int, name: str) -> str:
    return f"{name} {size / 2**20:.0f} MiB"


ROWS: Sequence[Row] = (
    Row("processes.start", "mtl's API until ready / a bare app", Reach(at_most=2), start),
    Row(
        "processes.memory", f"RSS of mtl's API after {REQUESTS:,} reads", Reach(at_most=1.1), memory
    ),
    Row("processes.idle", "idle workers of mtl + PostgreSQL, % of a core", Reach(), idle, "%"),
)
