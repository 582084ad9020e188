"""Every process and every command of every service, for `python -m chassis`."""

import asyncio
import sys
from importlib import import_module
from typing import Annotated
from uuid import UUID

import typer
import uvloop
from fastapi import FastAPI

from chassis.composition import run_worker
from chassis.composition.command_line import (
    AsJson,
    CommandFailed,
    Operator,
    Service,
    failures_as_sentences,
    kafka_bootstrap,
    known_services,
    setting,
    show_rows,
    worker_transaction,
)
from chassis.composition.copy_command_line import rebuild, rebuilds, snapshot, snapshots
from chassis.composition.key_command_line import keys
from chassis.composition.resend_command_line import resend, resends
from chassis.composition.run_worker import WorkerPart
from chassis.composition.serve import combine_apps, serve
from chassis.database import migrate
from chassis.events import topics
from chassis.events.consumer import dead_letter_commands
from chassis.events.consumer.dead_letters import ParkedEvent
from chassis.events.relay import epoch, quarantine
from chassis.events.relay.kafka import KafkaTransport
from chassis.foundation import clock, logs
from chassis.foundation.settings import Settings

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help=__doc__,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich would fold help and errors to the width of the terminal
)
events = typer.Typer(
    no_args_is_help=True,
    help="Parked, quarantined and lost events, snapshots, rebuilds, and a database's epoch.",
    rich_markup_mode=None,
)
cli.add_typer(events, name="events")
cli.add_typer(keys, name="keys")
events.command()(snapshot)
events.command()(snapshots)
events.command()(rebuild)
events.command()(rebuilds)
events.command()(resend)
events.command()(resends)

Services = Annotated[
    list[str] | None,
    typer.Argument(help="Names of services; all installed ones if omitted"),
]
Host = Annotated[str, typer.Option(help="Address to listen on")]
Port = Annotated[int, typer.Option(help="Port to listen on")]
OperatorsPort = Annotated[int, typer.Option(help="Port of health and metrics; keep it internal")]
ParkedId = Annotated[UUID, typer.Argument(help="Id of the parked event, as `parked` shows it")]


@cli.command()
def api(
    services: Services = None,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    operators_port: OperatorsPort = 8090,
) -> None:
    """Serve the APIs of these services under one port, health and metrics under another."""
    names = known_services(services)
    settings = Settings.of(names[0])
    logs.configure(settings.log_level, service="+".join(names))
    apps: dict[str, FastAPI] = {name: import_module(f"{name}.app").create() for name in names}
    serving = serve(
        combine_apps(apps), settings, host=host, port=port, operators_port=operators_port
    )
    uvloop.run(serving)


@cli.command()
def worker(
    services: Services = None,
    host: Host = "127.0.0.1",
    port: Port = 8100,
    only: Annotated[list[WorkerPart] | None, typer.Option(help="Only these parts")] = None,
) -> None:
    """Run the relay, the consumers and the jobs of these services."""
    names = known_services(services)
    logs.configure(Settings.of(names[0]).log_level, service="+".join(names))
    parts = frozenset(only or WorkerPart)
    uvloop.run(run_worker.run(names, parts, host=host, port=port))


@cli.command(name="migrate")
def migrate_command(services: Services = None) -> None:
    """Bring the schemas of these services up to date, as their owners."""
    names = known_services(services)
    urls = {name: setting(name, "owner_database_url") for name in names}
    for name, url in urls.items():
        with failures_as_sentences(name):
            migrate.upgrade_all({name: url})
    typer.echo(f"Migrated {', '.join(names)}.")


@cli.command(name="topics")
def topics_command() -> None:
    """Create the topics of the manifest and set their configuration."""
    with failures_as_sentences("org"):
        applied = asyncio.run(topics.apply_manifest(kafka_bootstrap("org")))
    typer.echo(f"Topics: {len(applied.created)} created, {len(applied.altered)} altered.")


@events.command()
def rebase(
    service: Service,
    above: Annotated[int, typer.Option(help="The highest epoch ever published")] = 0,
) -> None:
    """Raise the epoch of a restored database, so that its relay may start again."""
    with failures_as_sentences(service):
        raised = asyncio.run(
            epoch.rebase_database(setting(service, "owner_database_url"), above=above)
        )
    typer.echo(f"{service} publishes in epoch {raised} from now on.")


@events.command()
def parked(service: Service, *, as_json: AsJson = False) -> None:
    """List the parked events of all tenants, the oldest first."""

    async def run() -> list[ParkedEvent]:
        async with worker_transaction(service) as tx:
            return await dead_letter_commands.list_parked(tx)

    with failures_as_sentences(service):
        parked_events = asyncio.run(run())
    rows = [
        {
            "id": str(event.id),
            "tenant": str(event.tenant_id),
            "subscription": event.subscription,
            "type": str(event.envelope.get("type", "?")),
            "reason": event.reason.value,
            "attempts": event.attempts,
            "error": event.error,
        }
        for event in parked_events
    ]
    columns = ("id", "tenant", "subscription", "type", "reason", "attempts", "error")
    show_rows(columns, rows, as_json=as_json, none="No event is parked.")


@events.command()
def redrive(service: Service, event: ParkedId, by: Operator = "operator") -> None:
    """Apply a parked event again, after the earlier parked events of its key."""

    async def run() -> None:
        async with worker_transaction(service, by=by) as tx:
            await dead_letter_commands.redrive_parked(tx, event, by=by, now=clock.now())

    with failures_as_sentences(service):
        asyncio.run(run())
    typer.echo("The worker applies the event again. `parked` lists it if it fails once more.")


@events.command()
def skip(
    service: Service,
    event: ParkedId,
    note: Annotated[str, typer.Argument(help="Why the event is skipped, for the audit")],
    by: Operator = "operator",
) -> None:
    """Skip a parked event: it is never applied, and the events behind it continue."""

    async def run() -> None:
        async with worker_transaction(service, by=by) as tx:
            await dead_letter_commands.skip_parked(tx, event, by=by, now=clock.now(), note=note)

    with failures_as_sentences(service):
        asyncio.run(run())
    typer.echo("Skipped. The events behind it continue.")


@events.command()
def quarantined(service: Service, *, as_json: AsJson = False) -> None:
    """List the keys of all tenants whose events the broker refused."""
    with failures_as_sentences(service):
        keys = asyncio.run(
            quarantine.list_quarantined(setting(service, "worker_database_url"), service)
        )
    rows = [
        {"key": row.key, "events": row.events, "since": row.since.isoformat(), "reason": row.reason}
        for row in keys
    ]
    columns = ("key", "events", "since", "reason")
    show_rows(columns, rows, as_json=as_json, none="No event is quarantined.")


def _event_key(value: str) -> str:
    """Return the key. Raises BadParameter unless it is `<tenant>:<aggregate id>`."""
    tenant, colon, aggregate = value.partition(":")
    try:
        UUID(tenant)
    except ValueError:
        colon = ""
    if not (colon and aggregate):
        raise typer.BadParameter(f"{value!r} is not a key: write <tenant>:<aggregate id>.")
    return value


EventKey = Annotated[
    str, typer.Argument(help="Key of the events, as `quarantined` shows it", callback=_event_key)
]


@events.command()
def quarantined_retry(service: Service, key: EventKey) -> None:
    """Send the quarantined events of a key again, in order."""
    url, bootstrap = setting(service, "worker_database_url"), kafka_bootstrap(service)
    transport = KafkaTransport(bootstrap, name=f"{service}-quarantine")

    async def run() -> int:
        await _ensure_quarantined(url, service, key)
        try:
            return await quarantine.retry_quarantined(url, transport, service=service, key=key)
        finally:
            await transport.close()

    with failures_as_sentences(service):
        sent = asyncio.run(run())
    typer.echo(f"{sent} events of {key} were sent.")


@events.command()
def quarantined_skip(service: Service, key: EventKey) -> None:
    """Discard the quarantined events of a key; later events of the key are sent again."""
    url = setting(service, "worker_database_url")

    async def run() -> int:
        await _ensure_quarantined(url, service, key)
        return await quarantine.skip_quarantined(url, service=service, key=key)

    with failures_as_sentences(service):
        skipped = asyncio.run(run())
    typer.echo(f"{skipped} events of {key} will never be sent.")


async def _ensure_quarantined(url: str, service: str, key: str) -> None:
    """Raises CommandFailed when no event of this key is quarantined."""
    if key not in {one.key for one in await quarantine.list_quarantined(url, service)}:
        raise CommandFailed(f"No event of the key {key} is quarantined in {service}.")


def main() -> None:
    """Run the command line. Wrong settings and failures print one sentence and exit with 1."""
    try:
        cli()
    except (CommandFailed, ValueError) as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
