"""Metrics of snapshots, rebuilds and resends: what runs, since when, and whether it goes on.

A run that makes no progress has an old `l2c_run_last_progress_timestamp_seconds`. A gauge is
absent where there is nothing to show: no such run, or none that has failed.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    cast,
    false,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.rebuilds.requests import RebuildStatus
from chassis.events.rebuilds.tables import replica_rebuilds
from chassis.events.resend_tables import event_resends
from chassis.foundation.state_gauges import StateGauges
from chassis.records.snapshots.runs import SnapshotStatus
from chassis.records.snapshots.tables import event_snapshots

GAUGES = {
    "running": ("l2c_runs", "Snapshots, rebuilds and resends that have not ended"),
    "requested": ("l2c_run_requested_timestamp_seconds", "Request of the oldest run not ended"),
    "progressed": (
        "l2c_run_last_progress_timestamp_seconds",
        "Last progress of the run not ended that has made none for longest",
    ),
    "records_read": ("l2c_run_records_read", "Read by runs that have not ended"),
    "records_written": (
        "l2c_run_records_written",
        "Published or sent by runs that have not ended",
    ),
    "failed": ("l2c_runs_failed", "Runs that have failed and are not yet pruned"),
}
Number = ColumnElement[int]


async def show_runs(tx: AsyncConnection, service: str, gauges: StateGauges) -> None:
    """Show the runs of a service, as the worker's role."""
    for state in (await tx.execute(_STATES)).mappings():
        for column, (name, explained) in GAUGES.items():
            gauges.show(name, explained, state[column], service=service, kind=state["kind"])


def _state_of(
    kind: str,
    table: Table,
    *,
    failed: ColumnElement[bool],
    read: Number | None = None,
    written: Number | None = None,
) -> Select[Any]:
    """Build the query of one row about the runs in a table; NULL where there are none."""
    c = table.c
    is_running = c.finished_at.is_(None)

    def number_of(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.nullif(func.count().filter(condition), 0)

    def oldest(instant: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.extract("epoch", func.min(instant).filter(is_running))

    def total(number: Number | None) -> ColumnElement[Any]:
        return func.sum(cast(null(), BigInteger) if number is None else number).filter(is_running)

    return select(
        literal(kind).label("kind"),
        number_of(is_running).label("running"),
        oldest(c.requested_at).label("requested"),
        oldest(c.progressed_at).label("progressed"),
        total(read).label("records_read"),
        total(written).label("records_written"),
        number_of(failed).label("failed"),
    )


_SNAPSHOTS, _REBUILDS, _RESENDS = event_snapshots.c, replica_rebuilds.c, event_resends.c
_STATES = union_all(
    _state_of(
        "snapshot",
        event_snapshots,
        failed=_SNAPSHOTS.status == SnapshotStatus.FAILED,
        written=_SNAPSHOTS.published,
    ),
    _state_of(
        "rebuild",
        replica_rebuilds,
        failed=_REBUILDS.status == RebuildStatus.FAILED,
        read=_REBUILDS.records_read,
    ),
    _state_of("resend", event_resends, failed=false(), written=_RESENDS.sent),
)
