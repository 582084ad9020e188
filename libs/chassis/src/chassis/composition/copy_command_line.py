"""The commands that fill and rebuild copies: `events snapshot` and `events rebuild`."""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.command_line import (
    AsJson,
    CommandFailed,
    Operator,
    Service,
    ServiceOrAggregate,
    failures_as_sentences,
    parts_of,
    show_rows,
    worker_transaction,
)
from chassis.composition.run_cancellation_command import (
    Cancel,
    CancellableRun,
    CancelNote,
    OnlyTenant,
    cancel_by_command,
)
from chassis.composition.worker import Worker
from chassis.database.engine import acting_for
from chassis.events.consumer.counts import known_tenants
from chassis.events.rebuilds.requests import (
    Rebuild,
    cancel_rebuild,
    ensure_replica,
    rebuild_of,
    request_rebuild,
)
from chassis.events.rebuilds.tables import replica_rebuilds
from chassis.foundation import clock
from chassis.foundation.context import shown_operator
from chassis.records.snapshots.runs import cancel_snapshot, request_snapshot, run_of
from chassis.records.snapshots.tables import event_snapshots
from contracts.topics import load_events
from kernel.ids import new_id

Tenant = Annotated[UUID | None, typer.Option(help="Only this tenant; all if omitted")]
Note = Annotated[str | None, typer.Option(help="Why, for the audit")]
SHOWN = 100
SNAPSHOT_RUNS = CancellableRun("snapshot", event_snapshots, cancel_snapshot)
REBUILD_RUNS = CancellableRun("rebuild", replica_rebuilds, cancel_rebuild)


def snapshot(
    what: ServiceOrAggregate,
    *,
    rate: Annotated[
        int | None, typer.Option(min=1, help="The most records per second and tenant")
    ] = None,
    tenant: Tenant = None,
    note: Note = None,
    by: Operator = "operator",
) -> None:
    """Publish the present state of every record again; copies take it, processes ignore it."""
    load_events()
    service, aggregate = parts_of(what)
    snapshot_id = new_id()

    async def run() -> int:
        async with worker_transaction(service, by=by) as tx:
            tenants = await chosen_tenants(tx, service, tenant)
            for one in tenants:
                async with acting_for(tx, one):
                    await request_snapshot(
                        tx,
                        service,
                        aggregate,
                        by=by,
                        now=clock.now(),
                        records_per_second=rate,
                        note=note,
                        snapshot_id=snapshot_id,
                    )
        return len(tenants)

    with failures_as_sentences(service):
        tenants = asyncio.run(run())
    typer.echo(
        f"The worker publishes snapshot {snapshot_id} of {tenants} tenants;"
        " `snapshots` shows its progress."
    )


def snapshots(
    service: Service,
    *,
    cancel: Cancel = None,
    tenant: OnlyTenant = None,
    note: CancelNote = None,
    by: Operator = "operator",
    as_json: AsJson = False,
) -> None:
    """List the snapshots of all tenants, the newest first, with their progress; or cancel one."""
    if cancel is not None:
        cancel_by_command(service, SNAPSHOT_RUNS, cancel, tenant=tenant, by=by, note=note)
        return

    async def run() -> list[dict[str, str]]:
        s = event_snapshots.c
        query = select(event_snapshots).order_by(s.id.desc(), s.tenant_id).limit(SHOWN)
        async with worker_transaction(service) as tx:
            rows = [dict(row) for row in (await tx.execute(query)).mappings()]
        return [_snapshot_row(row["tenant_id"], row) for row in rows]

    with failures_as_sentences(service):
        shown = asyncio.run(run())
    columns = ("id", "tenant", "status", "published", "total", "aggregate", "by", "error")
    show_rows(columns, shown, as_json=as_json, none="No snapshot was requested.")


def _snapshot_row(tenant: UUID, row: dict[str, object]) -> dict[str, str]:
    run = run_of(row)
    return {
        "id": str(run.id),
        "tenant": str(tenant),
        "status": run.status.value,
        "published": str(run.published),
        "total": "?" if run.total is None else str(run.total),
        "aggregate": run.aggregate or run.aggregates[0],
        "by": shown_operator(run.requested_by),
        "error": run.error or "",
    }


def rebuild(
    subscription: Annotated[str, typer.Argument(help="Name of a replica, such as cpq.accounts")],
    *,
    snapshot: Annotated[
        UUID | None,
        typer.Option(help="Build of what was published since this finished snapshot began"),
    ] = None,
    tenant: Tenant = None,
    note: Note = None,
    by: Operator = "operator",
) -> None:
    """Build a new generation of a replica while the present one answers, then swap them."""
    service = _service_of(subscription)
    rebuild_id = new_id()

    async def run() -> int:
        async with worker_transaction(service, by=by) as tx:
            tenants = await chosen_tenants(tx, service, tenant)
            if not tenants:
                raise CommandFailed(f"{service} knows no tenant yet: there is nothing to rebuild.")
            await request_rebuild(
                tx,
                tenants,
                subscription,
                rebuild_id,
                by=by,
                now=clock.now(),
                snapshot_id=snapshot,
                note=note,
            )
            return len(tenants)

    with failures_as_sentences(service):
        tenants = asyncio.run(run())
    typer.echo(
        f"The worker builds generation {rebuild_id} of {tenants} tenants;"
        " `rebuilds` shows its progress."
    )


async def chosen_tenants(tx: AsyncConnection, service: str, tenant: UUID | None) -> Sequence[UUID]:
    """Return this tenant, or all. Raises CommandFailed if the service has no events of it."""
    known = await known_tenants(tx)
    if tenant is None:
        return known
    if tenant not in known:
        raise CommandFailed(f"No tenant {tenant} is known to {service}.")
    return [tenant]


def _service_of(subscription: str) -> str:
    """Return the service of a replica. Raises CommandFailed if there is no such replica."""
    service = subscription.partition(".")[0]
    try:
        worker: Worker = import_module(f"{service}.worker").WORKER
    except ModuleNotFoundError:
        raise CommandFailed(f"There is no service {service!r}.") from None
    with failures_as_sentences(service):
        ensure_replica(subscription, worker.replicas)
    return service


def rebuilds(
    service: Service,
    *,
    cancel: Cancel = None,
    tenant: OnlyTenant = None,
    note: CancelNote = None,
    by: Operator = "operator",
    as_json: AsJson = False,
) -> None:
    """List the rebuilds of all tenants, the newest first, with their progress; or cancel one."""
    if cancel is not None:
        cancel_by_command(service, REBUILD_RUNS, cancel, tenant=tenant, by=by, note=note)
        return

    async def run() -> list[Rebuild]:
        r = replica_rebuilds.c
        query = select(replica_rebuilds).order_by(r.id.desc(), r.tenant_id).limit(SHOWN)
        async with worker_transaction(service) as tx:
            return [rebuild_of(dict(row)) for row in (await tx.execute(query)).mappings()]

    with failures_as_sentences(service):
        shown = [_rebuild_row(one) for one in asyncio.run(run())]
    columns = (
        "id", "tenant", "subscription", "status", "read", "total", "written", "deleted", "kept",
        "unreadable", "by", "error",
    )  # fmt: skip
    show_rows(columns, shown, as_json=as_json, none="No rebuild was requested.")


def _rebuild_row(one: Rebuild) -> dict[str, str]:
    return {
        "id": str(one.id),
        "tenant": str(one.tenant_id),
        "subscription": one.subscription,
        "status": one.status.value,
        "read": str(one.records_read),
        "total": _number(one.records_total),
        "written": _number(one.rows_written),
        "deleted": _number(one.rows_deleted),
        "kept": _number(one.rows_kept),
        "unreadable": str(one.unreadable),
        "by": shown_operator(one.requested_by),
        "error": one.error or "",
    }


def _number(value: int | None) -> str:
    return "?" if value is None else str(value)
