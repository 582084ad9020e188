"""Gauges of snapshots, rebuilds and resends: absent without a run, and old without progress."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Table, update

from chassis.composition.run_metrics import show_runs
from chassis.events.rebuilds.tables import replica_rebuilds
from chassis.events.resend_tables import event_resends
from chassis.foundation.clock import now
from chassis.foundation.state_gauges import StateGauges
from chassis.records.snapshots.tables import event_snapshots
from kernel.ids import new_id
from libs.chassis.tests.events.rebuilds.generations import request as request_rebuild
from libs.chassis.tests.events.relay.relay_running import write_versions
from libs.chassis.tests.events.relay.resending import request as request_resends
from libs.chassis.tests.records.snapshots.snapshotting import request as request_snapshot
from testkit.plugin import Committed
from testkit.tenants import add_tenants

SERVICE = "testkit"
GAUGES = {
    "l2c_runs",
    "l2c_run_requested_timestamp_seconds",
    "l2c_run_last_progress_timestamp_seconds",
    "l2c_run_records_read",
    "l2c_run_records_written",
    "l2c_runs_failed",
}


async def gauges(committed: Committed, kind: str) -> dict[str, float]:
    """Return the gauges that exist for a kind of run."""
    shown = StateGauges()
    async with committed.worker.begin(None) as tx:
        await show_runs(tx, SERVICE, shown)
    values = {name: shown.value(name, service=SERVICE, kind=kind) for name in GAUGES}
    return {name: value for name, value in values.items() if value is not None}


async def change(committed: Committed, table: Table, run_id: UUID, **values: object) -> None:
    async with committed.worker.begin(None) as tx:
        await tx.execute(update(table).where(table.c.id == run_id).values(values))


async def test_without_runs_there_is_no_gauge(committed: Committed) -> None:
    for kind in ("snapshot", "rebuild", "resend"):
        assert await gauges(committed, kind) == {}


async def test_a_snapshot_that_makes_no_progress_is_seen(
    committed: Committed, tenant: UUID
) -> None:
    """The gauge shows the one that is stuck, although another one goes on."""
    other, at = new_id(), now()
    await add_tenants(committed.app, other)
    stuck, running = [await request_snapshot(committed.app, one) for one in (tenant, other)]
    await change(
        committed,
        event_snapshots,
        stuck,
        requested_at=at - timedelta(hours=3),
        progressed_at=at - timedelta(hours=2),
        published=70,
    )
    await change(committed, event_snapshots, running, published=5)
    seen = await gauges(committed, "snapshot")
    assert seen.pop("l2c_run_requested_timestamp_seconds") == (at - timedelta(hours=3)).timestamp()
    assert (
        seen.pop("l2c_run_last_progress_timestamp_seconds") == (at - timedelta(hours=2)).timestamp()
    )
    assert seen == {"l2c_runs": 2, "l2c_run_records_written": 75}
    failed = {"status": "FAILED", "finished_at": at}
    await change(committed, event_snapshots, stuck, **failed)
    await change(committed, event_snapshots, running, status="FINISHED", finished_at=at)
    assert await gauges(committed, "snapshot") == {"l2c_runs_failed": 1}


async def test_a_rebuild_shows_what_it_has_read(committed: Committed, tenant: UUID) -> None:
    rebuild = await request_rebuild(committed.worker, tenant)
    await change(committed, replica_rebuilds, rebuild, records_read=40)
    seen = await gauges(committed, "rebuild")
    assert (seen["l2c_runs"], seen["l2c_run_records_read"]) == (1, 40)
    assert "l2c_run_records_written" not in seen
    await change(committed, replica_rebuilds, rebuild, status="CANCELLED", finished_at=now())
    assert await gauges(committed, "rebuild") == {}


async def test_a_resend_shows_what_it_has_sent(committed: Committed, tenant: UUID) -> None:
    await write_versions(committed.app, tenant, versions=2)
    (requested,) = await request_resends(committed)
    await change(committed, event_resends, requested.id, sent=1)
    seen = await gauges(committed, "resend")
    assert (seen["l2c_runs"], seen["l2c_run_records_written"]) == (1, 1)
    await change(committed, event_resends, requested.id, finished_at=now())
    assert await gauges(committed, "resend") == {}
