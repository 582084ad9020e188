"""Workers: what a second API process gains, and what two more consumers of one service gain."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median
from uuid import UUID

import asyncpg

from tests.bench.machine.accounting import BusyShare
from tests.bench.machine.measuring import (
    RUNS,
    WARM_UP,
    Bench,
    Measure,
    Measured,
    Prepare,
    Reach,
    Row,
)
from tests.bench.machine.streams import Collecting, fill_outbox, produce_all, relay_all
from tests.bench.machine.system import System
from tests.bench.machine.waiting import wait_for_count
from tests.bench.rows import leads

CONNECTIONS, EVENTS = 16, 12_000
APIS = ("mtl-api", "mtl-api-2")
CONSUMERS = ("cpq-consumer", "cpq-consumer-2", "cpq-consumer-3")
REBALANCED_SECONDS, QUIET_SECONDS = 8, 3
APPLIED = "SELECT count(*) FROM accounts WHERE id <> $1"
NONE = UUID(int=0)
Rate = tuple[float, float]  # operations a second, and the share of the cores that was busy
Run = Callable[[System], Awaitable[Rate]]


async def gain(system: System, names: Sequence[str], run: Run) -> Measured:
    """Measure alternating runs with the first process and with all: what do the others gain?"""
    one, all_ = [], []
    for _ in range(RUNS):
        await system.stop(*names[1:])
        await system.start(names[0])
        one.append(await run(system))
        await system.start(*names)
        all_.append(await run(system))
    await system.stop(*names)
    values = [more[0] / alone[0] for alone, more in zip(one, all_, strict=True)]
    return Measured(values, f"{_shown(1, one)}; {_shown(len(names), all_)}, {os.cpu_count()} cores")


def _shown(processes: int, rates: Sequence[Rate]) -> str:
    rate, busy = (median(each) for each in zip(*rates, strict=True))
    return f"{processes}: {rate:,.0f}/s, CPU {busy:.0%}"


def apis(prepare: Prepare, count: int) -> Measure:
    """Return the measurement of one API process against two, whose connections alternate."""

    async def run(system: System) -> Rate:
        await system.send("mtl", await prepare(system, WARM_UP), connections=CONNECTIONS)
        prepared, busy = await prepare(system, count), BusyShare()
        sent = await system.send("mtl", prepared, connections=CONNECTIONS)
        return sent.rate, busy.now()

    async def measure(bench: Bench) -> Measured:
        await leads.filled(bench.system)
        return await gain(bench.system, APIS, run)

    return measure


async def consumers(bench: Bench) -> Measured:
    """Measure how fast consumers of cpq apply new accounts that a bare producer sends at once."""
    await bench.system.create_topics()
    await relay_all(bench.system)
    return await gain(bench.system, CONSUMERS, _consumption)


async def _consumption(system: System) -> Rate:
    async with system.superuser("l2o") as source, system.superuser("cpq") as target:
        await fill_outbox(source, EVENTS)
        relayed = await relay_all(system, Collecting())
        await asyncio.sleep(REBALANCED_SECONDS)
        before = await applied_in_quiet(target)
        began, busy = time.perf_counter(), BusyShare()
        await produce_all(relayed.records, EVENTS)
        await wait_for_count(target, APPLIED, NONE, count=before + EVENTS)
        return EVENTS / (time.perf_counter() - began), busy.now()


async def applied_in_quiet(target: asyncpg.Connection) -> int:
    """Return how many accounts are applied, once no more arrive."""
    before, now = -1, 0
    while now != before:
        before = now
        await asyncio.sleep(QUIET_SECONDS)
        now = await target.fetchval(APPLIED, NONE)
    return now


ROWS: Sequence[Row] = (
    Row(
        "workers.api.get",
        "2 API processes / 1, reading leads",
        Reach(),
        apis(leads.reads("seller", "person-7"), 800),
    ),
    Row(
        "workers.api.create",
        "2 API processes / 1, creating leads",
        Reach(),
        apis(leads.new_leads, 300),
    ),
    Row("workers.consumers", "3 consumers of cpq / 1", Reach(), consumers),
)
