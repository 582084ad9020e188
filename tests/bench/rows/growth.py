"""Growth: what operations take when tables are large, against the same when they are small.

The runs alternate between copies of two filled databases.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from uuid import UUID

import asyncpg

from tests.bench.machine.generator import copy_leads, generated_leads
from tests.bench.machine.generator_accounts import generated_accounts
from tests.bench.machine.generator_quotes import copy_quotes, generated_quotes
from tests.bench.machine.load import Request
from tests.bench.machine.measuring import (
    RUNS,
    WARM_UP,
    Bench,
    Measured,
    Prepare,
    Reach,
    Row,
)
from tests.bench.machine.system import System
from tests.bench.rows import leads

# The large size is that of other rows, which fill it in any case; millions take hours.
SMALL, LARGE, DEEP = 10_000, leads.SIZE, 1_000_000
P95 = 95
FILTERED = "&status=RAW&source=%E5%B1%95%E4%BC%9A&sort=-score"  # those of a trade fair
Timed = Mapping[str, float]  # the 95th percentile of each operation, in seconds


@dataclass(frozen=True)
class Part:
    """Operations of one service, with what its tables are filled with and which processes run."""

    service: str
    records: str
    fill: Callable[[asyncpg.Connection, UUID, int], Awaitable[None]]
    processes: Sequence[str]
    operations: Mapping[str, tuple[Prepare, int]]

    async def timed(self, system: System, rows: int) -> Timed:
        """Let the tables have so many rows, and time every operation, one request at a time."""

        async def fill(connection: asyncpg.Connection, tenant: UUID) -> None:
            await self.fill(connection, tenant, rows)

        await system.use_filled(self.service, f"{self.records}_{rows}", fill)
        await system.start(*self.processes)
        timed = dict[str, float]()
        for name, (prepare, count) in self.operations.items():
            await system.send(self.service, await prepare(system, WARM_UP), connections=1)
            sent = await system.send(self.service, await prepare(system, count), connections=1)
            timed[name] = sent.latency(P95)
        return timed

    async def runs(self, system: System, large: int) -> Sequence[tuple[Timed, Timed]]:
        """Return alternating runs with few and with many rows."""
        runs = [
            (await self.timed(system, SMALL), await self.timed(system, large)) for _ in range(RUNS)
        ]
        await system.stop(*self.processes)
        await system.use_filled(self.service, "empty", _nothing)
        return runs

    def row(self, name: str, what: str, large: int) -> Row:
        """Return the row of one operation."""

        async def measure(bench: Bench) -> Measured:
            system, key = bench.system, f"growth {self.service} {large}"
            alternating = await system.measured_once(key, lambda: self.runs(system, large))
            runs = [(few[name], many[name]) for few, many in alternating]
            few, many = (median(each) * 1000 for each in zip(*runs, strict=True))
            return Measured([many / few for few, many in runs], f"{few:.1f} ms; {many:.1f} ms")

        title = f"p95 of {what}: {large:,} / {SMALL:,} rows"
        return Row(f"growth.{name}", title, Reach(at_most=3), measure)


async def _nothing(connection: asyncpg.Connection, tenant: UUID) -> None:
    """Leave the tables empty, as other rows expect them."""


async def _fill_leads(connection: asyncpg.Connection, tenant: UUID, rows: int) -> None:
    await copy_leads(connection, tenant, generated_leads(rows))


async def _fill_quotes(connection: asyncpg.Connection, tenant: UUID, rows: int) -> None:
    accounts = list(generated_accounts(min(rows, 10_000)))
    await copy_quotes(connection, tenant, generated_quotes(rows, accounts))


def _quotes(role: str) -> Prepare:
    async def prepare(system: System, count: int) -> list[Request]:
        return [Request("GET", "/cpq/v1/quotes?limit=50", system.headers(role))] * count

    return prepare


LEADS = Part(
    "mtl",
    "leads",
    _fill_leads,
    leads.WHOLE,
    {
        "list.admin": (leads.lists("admin"), 100),
        "list.seller": (leads.lists("seller"), 100),
        "filter.admin": (leads.lists("admin", FILTERED), 100),
        "filter.seller": (leads.lists("seller", FILTERED), 100),
        "create": (leads.new_leads, 100),
        "convert": (leads.conversions, 60),
    },
)
QUOTES = Part(
    "cpq",
    "quotes",
    _fill_quotes,
    ("cpq-api",),
    {"quotes.admin": (_quotes("admin"), 100), "quotes.seller": (_quotes("seller"), 100)},
)


def rows(large: int) -> Sequence[Row]:
    """Return the rows of growth from `SMALL` to `large` rows."""
    return (
        LEADS.row("list.admin", "50 leads, admin", large),
        LEADS.row("list.seller", "50 leads, seller", large),
        LEADS.row("filter.admin", "leads of a status and source, best first, admin", large),
        LEADS.row("filter.seller", "leads of a status and source, best first, seller", large),
        LEADS.row("create", "creating a lead, duplicates looked for", large),
        LEADS.row("convert", "converting a lead, the answer", large),
        QUOTES.row("quotes.admin", "50 quotes, admin", large),
        QUOTES.row("quotes.seller", "50 quotes, seller", large),
    )


ROWS: Sequence[Row] = rows(LARGE)
DEEP_ROWS: Sequence[Row] = rows(DEEP)
