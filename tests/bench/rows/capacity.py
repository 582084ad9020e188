"""Where the CPU of an operation goes while all workers run; `make capacity` computes from it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.capacity import KINDS, PARTS
from tests.bench.machine import accounting
from tests.bench.machine.measuring import (
    RUNS,
    WARM_UP,
    Bench,
    Measured,
    Prepare,
    Reach,
    Row,
    Work,
    requests_to,
)
from tests.bench.machine.system import System
from tests.bench.rows import leads

SETTLED = 2.0  # seconds until the relays have sent, and the consumers applied, what was written
IDLE = 5.0  # seconds in which the processes only wait
PROCESSES = {
    "api": ("mtl-api",),
    "relay": ("mtl-relay", "l2o-relay"),
    "consumer": ("mtl-consumer", "l2o-consumer"),
}
TIME = "time"
Milliseconds = Mapping[str, Sequence[float]]  # of one operation, by the part, in every run


@dataclass(frozen=True)
class Kind:
    """A kind of operation: what it needs, and how many are measured at a time."""

    what: str
    prepare: Prepare
    work: Work
    count: int


OPERATIONS: Mapping[str, Kind] = {
    "read": Kind("read a lead", leads.reads("seller", "person-7"), requests_to("mtl"), 300),
    "listing": Kind("list 50 leads", leads.lists("seller"), requests_to("mtl"), 100),
    "write": Kind("edit a lead", leads.patches, requests_to("mtl"), 200),
    "convert": Kind("convert a lead", leads.conversions, leads.convert_wholly, 80),
}


def _used(system: System) -> dict[str, float]:
    """Return the CPU seconds that every part has used so far."""
    pids = {part: [system.pid(name) for name in names] for part, names in PROCESSES.items()}
    pids["postgres"] = [system.postgres_pid]
    return {part: accounting.cpu_seconds(pids[part]) for part in PARTS}


async def _during(system: System, work: Callable[[], Awaitable[None]]) -> dict[str, float]:
    """Return the CPU seconds that every part uses during the work, and the seconds it takes."""
    began, before = time.perf_counter(), _used(system)
    await work()
    after = _used(system)
    used = {part: after[part] - before[part] for part in PARTS}
    return used | {TIME: time.perf_counter() - began}


async def _measured(system: System, kind: Kind) -> Milliseconds:
    """Measure a kind of operation; what the parts use when nothing happens does not count."""
    await leads.filled(system)
    await system.start(*leads.WHOLE)
    await kind.work(system, await kind.prepare(system, WARM_UP))
    await asyncio.sleep(SETTLED)
    idle = await _during(system, lambda: asyncio.sleep(IDLE))
    found: dict[str, list[float]] = {part: [] for part in PARTS}
    for _ in range(RUNS):
        prepared = await kind.prepare(system, kind.count)
        await asyncio.sleep(SETTLED)

        async def work(prepared: Any = prepared) -> None:
            await kind.work(system, prepared)
            await asyncio.sleep(SETTLED)

        used = await _during(system, work)
        for part in PARTS:
            own = used[part] - idle[part] * used[TIME] / idle[TIME]
            found[part].append(max(0.0, 1000 * own / kind.count))
    await system.stop(*leads.WHOLE[1:])
    return found


def figure(name: str, part: str) -> Callable[[Bench], Awaitable[Measured]]:
    """Return the measurement of one part; all parts of a kind are measured together, once."""

    async def measure(bench: Bench) -> Measured:
        system, kind = bench.system, OPERATIONS[name]
        found = await system.measured_once(f"capacity.{name}", lambda: _measured(system, kind))
        return Measured(found[part])

    return measure


ROWS: Sequence[Row] = tuple(
    Row(
        f"capacity.{name}.{part}",
        f"{OPERATIONS[name].what}: CPU of {part}",
        Reach(),
        figure(name, part),
        "ms",
    )
    for name in KINDS
    for part in PARTS
)
