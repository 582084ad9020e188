"""`python -m tests.soak <verb>`: what `make soak` and `make soak-mutants` call."""

import random
import signal
from types import FrameType
from typing import Annotated

import typer

from deploy.local.logs import run_command
from deploy.local.places import ROOT
from tests.soak import machine, stack
from tests.soak.machine import Result, Settings
from tests.soak.mutations import groups_of, run_planted

RESULT = ROOT / ".local" / "soak.json"
MUTANTS_SEED = 3906  # in 40 s its first stalls meet consumers, before PostgreSQL stops
SHOWN = 5  # violations of a check that are printed; the file has all of them

app = typer.Typer(
    add_completion=False, help=__doc__, pretty_exceptions_enable=False, rich_markup_mode=None
)


@app.command()
def run(seconds: float = 60.0, seed: int = 0, rate: float = 1.0, patience: float = 180.0) -> None:
    """Run the whole walk under fire, then check everything; seed 0 draws one."""
    settings = Settings(seconds, seed or random.randint(1, 999_999), rate, patience)
    print(f"seed {settings.seed}", flush=True)
    result = machine.run(settings)
    RESULT.write_text(result.as_json())
    show(result)
    raise typer.Exit(1 if result.failed else 0)


@app.command()
def mutants(
    names: Annotated[list[str] | None, typer.Argument()] = None,
    *,
    seconds: float = 40.0,
    seed: int = MUTANTS_SEED,
    rate: float = 3.0,
    patience: float = 60.0,
) -> None:
    """Plant each fault, or those named, and demand that the run fails for it (`a,b`: at once)."""
    survivors = []
    for group in groups_of(names or []):
        for mutant in group:
            print(f"== {mutant.name}: {mutant.fault}", flush=True)
        result = run_planted(group, Settings(seconds, seed, rate, patience))
        show(result)
        for mutant in group:
            caught = mutant.caught_by(result)
            print(f"== {mutant.name}: {'caught by ' + ', '.join(caught) if caught else 'SURVIVED'}")
            survivors += [] if caught else [mutant.name]
    print(f"survived: {', '.join(survivors) or 'none'}")
    raise typer.Exit(1 if survivors else 0)


@app.command(hidden=True)
def supervise() -> None:
    """Run the supervisor of the system under fire."""
    raise typer.Exit(0 if stack.supervise() else 1)


def show(result: Result) -> None:
    """Print what was done, and every check that does not hold."""
    numbers = {**result.faults, **result.requests}
    print("  ".join(f"{name} {count:,}" for name, count in numbers.items()))
    print(
        f"{result.walks:,} walks, {result.events:,} events, {result.duplicates:,} duplicates on the"
        f" wire, {result.replica_rows:,} rows of replicas; all settled after"
        f" {result.seconds_to_converge:.0f} s"
    )
    for name, violations in result.checks.items():
        print(f"  {'no' if violations else 'ok'}  {name}")
        for one in violations[:SHOWN]:
            print(f"        {one}")
        if len(violations) > SHOWN:
            print(f"        and {len(violations) - SHOWN:,} more: see {RESULT}")


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    signal.signal(signal.SIGTERM, _as_interrupt)
    run_command(app)


main()
