"""`python -m deploy.local <verb>`: what the Makefile calls."""

from typing import Annotated

import typer

from deploy.local import control, stack, suite
from deploy.local.errors import CannotGoOn
from deploy.local.logs import run_command
from deploy.local.places import ROOT, place_of_tests, place_of_up
from deploy.local.plan import MODES
from deploy.local.supervisor import Supervisor

app = typer.Typer(
    add_completion=False, help=__doc__, pretty_exceptions_enable=False, rich_markup_mode=None
)


@app.command()
def up(*, mode: str = "together", reload: bool = False) -> None:
    """Start PostgreSQL, Kafka and all services, and wait until they are ready."""
    if mode not in MODES:
        raise CannotGoOn(f"MODE={mode} is unknown: it is {' or '.join(MODES)}.")
    control.up(place_of_up(), mode, reload=reload)


@app.command()
def down() -> None:
    """Stop what `up` has started."""
    control.down(place_of_up())


@app.command()
def status(*, urls: bool = False) -> None:
    """Show every process with its port and health; --urls adds addresses and passwords."""
    control.status(place_of_up(), urls=urls)


@app.command()
def logs(name: Annotated[str | None, typer.Argument()] = None) -> None:
    """Follow the log of one process, or all."""
    control.logs(place_of_up(), name)


@app.command()
def clean() -> None:
    """Stop everything; remove data, logs and passwords."""
    control.clean(place_of_up())


@app.command()
def run(arguments: list[str]) -> None:
    """Run a command of the services on the running system: `run -- events parked l2o`."""
    raise typer.Exit(control.run(place_of_up(), arguments))


@app.command("test")
def run_tests(
    arguments: Annotated[list[str] | None, typer.Argument()] = None,
    *,
    only: str = "",
    deep: bool = False,
) -> None:
    """Run the tests, those of one part, or `pytest ARGUMENTS`, on servers of their own."""
    raise typer.Exit(suite.run(arguments or [], only=only, deep=deep))


@app.command()
def plans(*, only: str = "", rows: int = 1_000_000) -> None:
    """Explain the SQL of large lists at this many rows, or those of the services `only`."""
    raise typer.Exit(suite.run_plans(only, rows))


@app.command()
def bench(*, only: str = "", deep: bool = False) -> None:
    """Measure the rows of the benchmark, or those whose names begin with `only`."""
    raise typer.Exit(suite.run_bench(only, deep=deep))


@app.command()
def servers(*, stop: bool = False) -> None:
    """Keep the tests' servers up (or --stop them) and print their variables."""
    if stop:
        suite.stop_kept(place_of_tests())
        return
    with suite.servers(place_of_tests(), keep=True) as variables:
        for name, value in variables.items():
            print(f"export {name}={value}")


@app.command(hidden=True)
def supervise(*, mode: str = "together", reload: bool = False) -> None:
    """Run the supervisor, which `up` starts and leaves running."""
    supervisor = Supervisor(place_of_up(), sources=ROOT if reload else None)
    supervisor.listen()
    supervisor.know(reload=reload)
    succeeded = supervisor.run(lambda it: stack.bring_up(it, mode))
    raise typer.Exit(0 if succeeded else 1)


def main() -> None:
    run_command(app)


main()
