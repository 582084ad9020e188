"""`make bench`: measures the registered rows and prints the table.

`--only leads.get,quotes` measures the rows whose names begin so; `--deep` measures other rows,
which need millions of records. The servers come from `deploy.local bench`.
"""

import asyncio
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
RESULTS, DEEP_RESULTS = ROOT / ".local" / "bench.json", ROOT / ".local" / "bench-deep.json"
LOGS = ROOT / ".local" / "bench" / "log"
ROW_SECONDS = 600.0  # so that one row cannot hold up all others
ROWS = Path(__file__).parent / "rows"


def registered_rows(*, deep: bool = False) -> list[Row]:
    """Return the `ROWS`, or `DEEP_ROWS`, of every module in `rows`, in the order of their names."""
    names = sorted(module.name for module in iter_modules([str(ROWS)]))
    modules = [import_module(f"tests.bench.rows.{name}") for name in names]
    attribute = "DEEP_ROWS" if deep else "ROWS"
    return [row for module in modules for row in getattr(module, attribute, ())]


async def measure(rows: Sequence[Row], file: Path, *, at_most: float | None) -> bool:
    """Measure the rows, and save each result in the file as soon as it is there.

    Returns whether all could be measured: what one of them raises is shown, and the others go on,
    with processes of their own; a row that takes more than `at_most` seconds raises TimeoutError.
    """
    console, measured, results = Console(stderr=True), list[Row](), list[Result]()
    async with running_system(LOGS) as (system, bare):
        bench = Bench(system, bare)
        for row in rows:
            began = time.monotonic()
            try:
                async with asyncio.timeout(at_most):
                    result = Result.of(row, await row.measure(bench))
            except Exception:  # noqa: BLE001  # the loop over rows that do not depend on it
                console.print(f"{row.name} could not be measured")
                console.print_exception()
                await system.stop(*list(system.processes))
                continue
            measured.append(row)
            results.append(result)
            save([result], file)
            seconds = time.monotonic() - began
            console.print(f"{result.sentence(row.unit)}, in {seconds:.0f} s")
    show_results(measured, results)
    return len(measured) == len(rows)


def main(
    *,
    only: Annotated[str, typer.Option(help="How the names of the rows begin")] = "",
    deep: Annotated[bool, typer.Option(help="The rows that need millions of records")] = False,
) -> None:
    prefixes, registered = tuple(only.split(",")), registered_rows(deep=deep)
    rows = [row for row in registered if row.name.startswith(prefixes)]
    if not rows:
        names = ", ".join(row.name for row in registered)
        typer.echo(f"No row begins with {only!r}; the rows are: {names}", err=True)
        raise typer.Exit(2)
    LOGS.mkdir(parents=True, exist_ok=True)
    os.environ[RUN] = templates.digest()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it says every retry
    file, at_most = (DEEP_RESULTS, None) if deep else (RESULTS, ROW_SECONDS)
    complete = uvloop.run(measure(rows, file, at_most=at_most))
    raise typer.Exit(0 if complete else 1)


if __name__ == "__main__":
    typer.run(main)
