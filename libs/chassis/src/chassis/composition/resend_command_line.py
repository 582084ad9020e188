"""The commands `events resend` and `events resends`: events are sent again, and how far that is."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from chassis.composition.command_line import (
    AsJson,
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
    cancel_by_command,
)
from chassis.events.resend_commands import (
    EventResend,
    cancel_resend,
    list_resends,
    request_resends,
)
from chassis.events.resend_tables import event_resends
from chassis.foundation import clock
from chassis.foundation.context import shown_operator
from contracts.event import topic_of

RESEND_RUNS = CancellableRun("event_resend", event_resends, cancel_resend)


def _instant(value: str) -> str:
    """Return the value. Raises BadParameter unless it is an instant with a time zone."""
    try:
        has_zone = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        has_zone = False
    if not has_zone:
        raise typer.BadParameter(f"{value!r} is no time: write 2026-11-22T08:00:00Z.")
    return value


def resend(
    what: ServiceOrAggregate,
    since: Annotated[
        str, typer.Option(help="Events written from then on", callback=_instant, metavar="TIME")
    ],
    note: Annotated[str | None, typer.Option(help="Why, for the audit")] = None,
    by: Operator = "operator",
) -> None:
    """Send the retained events of all tenants again, after the broker lost them."""
    service, aggregate = parts_of(what)

    async def run() -> list[EventResend]:
        async with worker_transaction(service, by=by) as tx:
            return await request_resends(
                tx,
                service,
                since=datetime.fromisoformat(since),
                topic=None if aggregate is None else topic_of(aggregate),
                by=by,
                note=note,
                now=clock.now(),
            )

    with failures_as_sentences(service):
        requested = asyncio.run(run())
    events, tenants = sum(one.events for one in requested), len(requested)
    typer.echo(
        f"The relay sends {events} events of {tenants} tenants again; `resends` shows its progress."
    )


def resends(
    service: Service,
    *,
    cancel: Cancel = None,
    note: CancelNote = None,
    by: Operator = "operator",
    as_json: AsJson = False,
) -> None:
    """List the requests to send events again, the newest first, with progress; or cancel one."""
    if cancel is not None:
        cancel_by_command(service, RESEND_RUNS, cancel, by=by, note=note)
        return

    async def run() -> list[EventResend]:
        async with worker_transaction(service) as tx:
            return await list_resends(tx)

    with failures_as_sentences(service):
        requests = asyncio.run(run())
    rows = [
        {
            "id": str(one.id),
            "tenant": str(one.tenant_id),
            "since": one.since.isoformat(),
            "topic": one.topic or "all",
            "events": one.events,
            "sent": one.sent,
            "quarantined": one.quarantined,
            "finished": _ending(one),
            "by": shown_operator(one.requested_by),
        }
        for one in requests
    ]
    columns = ("id", "tenant", "since", "topic", "events", "sent", "quarantined", "finished", "by")
    show_rows(columns, rows, as_json=as_json, none="No events were sent again.")


def _ending(one: EventResend) -> str:
    if one.cancelled_by is not None:
        return "cancelled"
    return one.finished_at.isoformat() if one.finished_at else "no"
