"""`python -m chassis`: every process and every command of every service."""

import asyncio
import sys
from importlib import import_module
from typing import Annotated
from uuid import UUID

import typer
import uvloop
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table

from chassis.composition import run_worker
from chassis.composition.run_worker import WorkerPart
from chassis.composition.serve import combine_apps, make_server
from chassis.database import migrate
from chassis.database.engine import Database
from chassis.events import topics
from chassis.events.consumer import dead_letter_commands
from chassis.events.consumer.dead_letters import ParkedEvent
from chassis.events.relay import epoch, quarantine
from chassis.events.relay.kafka import KafkaTransport
from chassis.foundation import clock, logs
from chassis.foundation.settings import Settings

cli = typer.Typer(
    no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False
)
events = typer.Typer(no_args_is_help=True, help="Parked events, and the epoch of a database.")
cli.add_typer(events, name="events")
console = Console()

Services = Annotated[list[str], typer.Argument(help="org, mtl, l2o, cpq, rms")]
Host = Annotated[str, typer.Option(help="Address to listen on")]
Port = Annotated[int, typer.Option(help="Port to listen on")]


@cli.command()
def api(services: Services, host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve the APIs of these services under one port."""
    settings = Settings.of(services[0])
    logs.configure(settings.log_level, service="+".join(services))
    apps: dict[str, FastAPI] = {name: import_module(f"{name}.app").create() for name in services}
    server = make_server(combine_apps(apps), host=host, port=port, drain_for=settings.drain_for)
    uvloop.run(server.serve())


@cli.command()
def worker(
    services: Services,
    host: Host = "127.0.0.1",
    port: Port = 8100,
    only: Annotated[list[WorkerPart] | None, typer.Option(help="Only these parts")] = None,
) -> None:
    """Run the relay, the consumers and the jobs of these services."""
    logs.configure(Settings.of(services[0]).log_level, service="+".join(services))
    parts = frozenset(only or WorkerPart)
    uvloop.run(run_worker.run(services, parts, host=host, port=port))


@cli.command(name="migrate")
def migrate_command(services: Services) -> None:
    """Bring the schemas of these services up to date, as their owners."""
    targets = {name: Settings.of(name).owner_database_url for name in services}
    migrate.upgrade_all(targets)
    console.print(f"Migrated {', '.join(services)}.")


@cli.command(name="topics")
def topics_command() -> None:
    """Create the topics of the manifest and set their configuration."""
    applied = asyncio.run(topics.apply_manifest(Settings.of("org").kafka_bootstrap))
    console.print(f"Topics: {len(applied.created)} created, {len(applied.altered)} altered.")


def _database(service: str) -> Database:
    return Database(Settings.of(service).worker_database_url, name=f"{service}-events")


@events.command()
def rebase(
    service: str,
    above: Annotated[int, typer.Option(help="The highest epoch ever published")] = 0,
) -> None:
    """Raise the epoch of a restored database, so that its relay may start again."""
    raised = asyncio.run(
        epoch.rebase_database(Settings.of(service).owner_database_url, above=above)
    )
    console.print(f"{service} publishes in epoch {raised} from now on.")


@events.command()
def parked(service: str) -> None:
    """List what is parked, of all tenants."""

    async def run() -> list[ParkedEvent]:
        async with _database(service).begin(None) as tx:
            return await dead_letter_commands.list_parked(tx)

    table = Table("id", "tenant", "subscription", "type", "reason", "attempts", "error")
    for one in asyncio.run(run()):
        type_name = str(one.envelope.get("type", "?"))
        table.add_row(
            str(one.id),
            str(one.tenant_id),
            one.subscription,
            type_name,
            one.reason,
            str(one.attempts),
            one.error,
        )
    console.print(table)


@events.command()
def redrive(service: str, event: UUID, by: str = "operator") -> None:
    """Try a parked event, and those of its key before it, again now."""

    async def run() -> None:
        async with _database(service).begin(None) as tx:
            await dead_letter_commands.redrive_parked(tx, event, by=by, now=clock.now())

    asyncio.run(run())
    console.print("It is tried again now; `parked` shows whether it stayed.")


@events.command()
def skip(service: str, event: UUID, note: str, by: str = "operator") -> None:
    """Give a parked event up, with the reason."""

    async def run() -> None:
        async with _database(service).begin(None) as tx:
            await dead_letter_commands.skip_parked(tx, event, by=by, now=clock.now(), note=note)

    asyncio.run(run())
    console.print("Skipped; those behind it go on.")


@events.command()
def quarantined(service: str) -> None:
    """List the keys whose events the broker refused, of all tenants."""
    url = Settings.of(service).worker_database_url
    table = Table("key", "events", "since", "reason")
    for one in asyncio.run(quarantine.list_quarantined(url, service)):
        table.add_row(one.key, str(one.events), one.since.isoformat(), one.reason)
    console.print(table)


@events.command()
def quarantined_retry(service: str, key: str) -> None:
    """Send the events of a key that the broker refused again, in order."""
    settings = Settings.of(service)
    transport = KafkaTransport(settings.kafka_bootstrap, name=f"{service}-quarantine")

    async def run() -> int:
        try:
            url = settings.worker_database_url
            return await quarantine.retry_quarantined(url, transport, service=service, key=key)
        finally:
            await transport.close()

    console.print(f"{asyncio.run(run())} events of {key} were sent.")


@events.command()
def quarantined_skip(service: str, key: str) -> None:
    """Give the events of a key that the broker refused up; later ones flow again."""
    url = Settings.of(service).worker_database_url
    lost = asyncio.run(quarantine.skip_quarantined(url, service=service, key=key))
    console.print(f"{lost} events of {key} will never be sent.")


def main() -> None:
    """A setting that is missing or wrong is one sentence, not a traceback."""
    try:
        cli()
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
