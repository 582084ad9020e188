"""`make capacity`: what the measured costs of operations allow, and what breaks first.

Computes from the rows `capacity.*` of `.local/bench.json`, or from figures of the command line;
it has none of its own. What it assumes beside them is printed, and can be replaced by an option.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from math import ceil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chassis.database.connection_budget import CONNECTIONS_BESIDE_POOL
from chassis.events.outbox import BUCKETS
from contracts.topics import PARTITIONS
from deploy.local.places import ROOT
from deploy.local.postgres import CONNECTIONS
from deploy.local.stack import SMALL_POOLS

RESULTS = ROOT / ".local" / "bench.json"
KINDS = ("read", "listing", "write", "convert")
PARTS = ("api", "relay", "consumer", "postgres")
ROW = "capacity."  # how the names of the rows begin
FACTORS = (1, 10, 100, 1_000)
Costs = Mapping[tuple[str, str], float]  # CPU milliseconds of a kind of operation in a part

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Incomplete(ValueError):
    """A cost is missing, or a given figure cannot be read. The message is a sentence."""


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What no measurement tells. Raises ValueError if the shares are not 100 % of operations."""

    read: float = 0.70
    listing: float = 0.15
    write: float = 0.13
    convert: float = 0.02
    per_user: float = 0.1
    cores: float = 2
    usage: float = 0.6
    busiest: float = 0.5
    database_cores: float = 64

    def __post_init__(self) -> None:
        if abs(sum(self.shares.values()) - 1) > 0.001:
            raise ValueError("The shares of the operations do not add up to 100 %.")

    @property
    def shares(self) -> Mapping[str, float]:
        return {kind: getattr(self, kind) for kind in KINDS}

    def sentences(self) -> list[str]:
        shares = ", ".join(f"{share:.0%} {kind}" for kind, share in self.shares.items())
        return [
            f"Of all operations: {shares} (a list has 50 rows; a conversion counts whole).",
            f"An active user does {self.per_user:g} operations a second.",
            f"Cores are used at most to {self.usage:.0%}; API, workers and PostgreSQL share"
            f" {self.cores:g} of them, and Kafka has its own.",
            f"The busiest service has {self.busiest:.0%} of the operations, and a database of its"
            f" own; the largest database server has {self.database_cores:g} cores.",
            "Costs stay as measured: growth of tables is the matter of the rows `growth.*`.",
        ]


@dataclass(frozen=True)
class Needed:
    """What a load needs: processes and partitions, and cores of all database servers."""

    operations: float
    users: float
    api: int
    relays: int
    consumers: int
    partitions: int
    database_cores: int


@dataclass(frozen=True)
class Limit:
    """What ends growth at this multiple of the load that the cores carry, and what helps."""

    factor: float
    name: str
    remedy: str


@dataclass(frozen=True)
class Capacity:
    """What these costs allow under these assumptions."""

    costs: Costs
    assumed: Assumptions

    def part(self, part: str) -> float:
        """Return the CPU milliseconds of the average operation in a part."""
        return sum(share * self.costs[kind, part] for kind, share in self.assumed.shares.items())

    @property
    def milliseconds(self) -> float:
        return sum(self.part(part) for part in PARTS)

    @property
    def operations(self) -> float:
        """Operations a second that the assumed cores carry."""
        return 1000 * self.assumed.cores * self.assumed.usage / self.milliseconds

    @property
    def users(self) -> float:
        return self.operations / self.assumed.per_user

    def cores(self, part: str, factor: float = 1) -> float:
        """Return the cores that a part needs at this multiple of `operations`, with headroom.

        A process of the API, a relay or a consumer uses one core at most.
        """
        return factor * self.operations * self.part(part) / 1000 / self.assumed.usage

    def needed(self, factor: float) -> Needed:
        consumers = _count(self.cores("consumer", factor))
        return Needed(
            operations=factor * self.operations,
            users=factor * self.users,
            api=_count(self.cores("api", factor)),
            relays=_count(self.cores("relay", factor)),
            consumers=consumers,
            partitions=max(PARTITIONS, _count(consumers * self.assumed.busiest)),
            database_cores=_count(self.cores("postgres", factor)),
        )

    def limits(self) -> list[Limit]:
        """Return what the busiest service meets when the load grows, the first one first."""

        def until(limit: float, needed: float) -> float:
            return limit / needed if needed else float("inf")

        busiest = self.assumed.busiest
        processes = sum(self.cores(part) for part in PARTS if part != "postgres")
        pool = sum(map(int, SMALL_POOLS.values())) + CONNECTIONS_BESIDE_POOL
        found = [
            Limit(
                until(self.assumed.database_cores, self.cores("postgres") * busiest),
                f"PostgreSQL: one writer, {self.assumed.database_cores:g} cores",
                "reads from a standby; then tenants spread over several systems",
            ),
            Limit(
                until(BUCKETS, self.cores("relay") * busiest),
                f"relays: one for each of the outbox's {BUCKETS} buckets",
                "more buckets (BUCKETS in chassis/events/outbox.py)",
            ),
            Limit(
                until(PARTITIONS, self.cores("consumer") * busiest),
                f"consumers: one for each of a topic's {PARTITIONS} partitions",
                "more partitions (PARTITIONS in contracts/topics.py)",
            ),
            Limit(
                until(CONNECTIONS, processes * busiest * pool),
                f"connections: {pool} a process, {CONNECTIONS} a server (the launcher's)",
                "max_connections; then a pooler in transaction mode",
            ),
        ]
        return sorted(found, key=lambda limit: limit.factor)


def _count(cores: float) -> int:
    return max(1, ceil(round(cores, 6)))


def figures(given: Sequence[str], names: Collection[str]) -> dict[str, float]:
    """Read figures such as `write.api=9.5`. Raises Incomplete if a name or a number is none."""
    found: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            raise Incomplete(f"{text} has no number: write {name}=1.5.") from None
        if name not in names:
            raise Incomplete(f"{name} is unknown: it is one of {', '.join(names)}.")
    return found


def costs_of(results: Mapping[str, float], given: Sequence[str]) -> Costs:
    """Return the costs from the results of rows by their names, and from `write.api=9.5`.

    Raises Incomplete if one is in neither.
    """
    names = {f"{kind}.{part}": (kind, part) for kind, part in product(KINDS, PARTS)}
    measured = {each: results[f"{ROW}{each}"] for each in names if f"{ROW}{each}" in results}
    found = {**measured, **figures(given, names)}
    if missing := [name for name in names if name not in found]:
        raise Incomplete(
            f"{len(missing)} costs of {len(names)} are not measured, such as {missing[0]}:"
            f" run `make bench ONLY={ROW.rstrip('.')}` first, or give each in milliseconds of CPU:"
            f" `--cost {missing[0]}=9.5`."
        )
    return {key: found[name] for name, key in names.items()}


def read_results(file: Path) -> dict[str, float]:
    """Return the values of the rows that were measured last; none without a file."""
    found = json.loads(file.read_text()) if file.exists() else []
    return {each["name"]: each["value"] for each in found}


def report(capacity: Capacity, console: Console) -> None:
    """Print the assumptions, the costs, what they allow, and what breaks first."""
    console.print("[bold]Assumed[/bold]")
    for sentence in capacity.assumed.sentences():
        console.print(f"  {sentence}")
    console.print(_costs_table(capacity))
    console.print(
        f"{capacity.assumed.cores:g} cores carry {capacity.operations:,.0f} operations/s,"
        f" {capacity.users:,.0f} active users.\n"
    )
    console.print(_growth_table(capacity))
    console.print("[bold]What breaks first[/bold], in the busiest service")
    for limit in capacity.limits():
        console.print(f"  at {limit.factor:,.0f}x  {limit.name}. Helps: {limit.remedy}.")


def _costs_table(capacity: Capacity) -> Table:
    table = Table(title="CPU milliseconds of one operation, measured", title_justify="left")
    for name in ("", *PARTS, "all"):
        table.add_column(name, justify="right" if name else "left")
    for kind in KINDS:
        values = [capacity.costs[kind, part] for part in PARTS]
        table.add_row(kind, *(f"{value:.2f}" for value in (*values, sum(values))))
    average = [capacity.part(part) for part in PARTS]
    table.add_row("average", *(f"{value:.2f}" for value in (*average, sum(average))))
    return table


def _growth_table(capacity: Capacity) -> Table:
    table = Table(title="What a larger load needs", title_justify="left")
    names = ("operations/s", "users", "API workers", "relays", "consumers", "partitions")
    for name in ("", *names, "database cores"):
        table.add_column(name, justify="right")
    for factor in FACTORS:
        one = capacity.needed(factor)
        counts = (one.api, one.relays, one.consumers, one.partitions, one.database_cores)
        figures = (f"{one.operations:,.0f}", f"{one.users:,.0f}", *(f"{each:,}" for each in counts))
        table.add_row(f"{factor:,}x", *figures)
    return table


@app.command()
def main(
    *,
    results: Annotated[Path, typer.Option(help="What `make bench` has written")] = RESULTS,
    cost: Annotated[list[str] | None, typer.Option(help="A figure: write.api=9.5")] = None,
    assume: Annotated[list[str] | None, typer.Option(help="An assumption: usage=0.5")] = None,
) -> None:
    """Print what the measured costs allow, and what breaks first."""
    names = [field.name for field in fields(Assumptions)]
    try:
        costs = costs_of(read_results(results), cost or [])
        assumed = Assumptions(**figures(assume or [], names))
    except ValueError as reason:
        typer.echo(str(reason), err=True)
        raise typer.Exit(2) from None
    report(Capacity(costs, assumed), Console(width=140))


if __name__ == "__main__":
    app()
