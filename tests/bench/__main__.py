"""`make bench`: measures the registered rows and prints the table.

`--only leads.get,quotes` measures the rows whose names begin so. The servers come from
`deploy.local bench`.
"""

import logging
import os
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from testkit.databases import RUN
from tests.bench.machine import templates
from tests.bench.machine.measuring import Bench, Row
from tests.bench.machine.report import Result, save, show_results
from tests.bench.machine.system import running_system

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".local" / "bench.json"
LOGS = ROOT / ".local" / "bench" / "log"
ROWS = Path(__file__).parent / "rows"


def registered_rows() -> list[Row]:
    """Return the `ROWS` of every module in `rows`, in the order of their names."""
    names = sorted(module.name for module in iter_modules([str(ROWS)]))
    modules = [import_module(f"tests.bench.rows.{name}") for name in names]
    return [row for module in modules for row in module.ROWS]


async def measure(rows: Sequence[Row]) -> None:
    console, results = Console(stderr=True), list[Result]()
    async with running_system(LOGS) as (system, bare):
        bench = Bench(system, bare)
        for row in rows:
            began = time.monotonic()
            result = Result.of(row, await row.measure(bench))
            results.append(result)
            save([result], RESULTS)
            seconds = time.monotonic() - began
            console.print(f"{row.name}: {result.value:.2f} {row.unit} in {seconds:.0f} s")
    show_results(rows, results)


def main(only: Annotated[str, typer.Option(help="How the names of the rows begin")] = "") -> None:
    prefixes = tuple(only.split(","))
    rows = [row for row in registered_rows() if row.name.startswith(prefixes)]
    if not rows:
        names = ", ".join(row.name for row in registered_rows())
        typer.echo(f"No row begins with {only!r}; the rows are: {names}", err=True)
        raise typer.Exit(2)
    LOGS.mkdir(parents=True, exist_ok=True)
    os.environ[RUN] = templates.digest()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it says every retry
    uvloop.run(measure(rows))


if __name__ == "__main__":
    typer.run(main)
