"""Metrics of what waits in a service's database: unsent events, jobs, operations.

They are read from the tables, not kept by the relay or the runners: these know nothing while they
do not run.
"""

from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.state_gauges import StateGauges

COUNTED = 100_000  # unsent events; more are shown as so many
# An event is unsent while the cursor of its bucket is not past it, and not while the broker has
# refused it. All that is older than the oldest transaction of any cursor is sent.
UNSENT: Final = text("""
SELECT count(*) AS events, extract(epoch FROM min(created)) AS oldest FROM (
  SELECT event.created FROM outbox AS event
  LEFT JOIN relay_cursors AS place ON place.bucket = event.bucket
  WHERE event.xid >= coalesce(
      (SELECT min(pg_snapshot_xmin(lo::pg_snapshot)::text::bigint) FROM relay_cursors)::text::xid8,
      '0')
    AND (place.lo IS NULL OR NOT pg_visible_in_snapshot(event.xid, place.lo::pg_snapshot))
    AND NOT coalesce(
      event.seq <= place.last AND pg_visible_in_snapshot(event.xid, place.hi::pg_snapshot), false)
    AND NOT EXISTS (SELECT FROM quarantined_events AS refused
                    WHERE refused.tenant_id = event.tenant_id AND refused.seq = event.seq)
  ORDER BY event.xid LIMIT :most) AS unsent
""")
REFUSED: Final = text("SELECT nullif(count(*), 0) FROM quarantined_events")
PARKED: Final = text("""
SELECT subscription, reason, count(*) AS events, extract(epoch FROM min(parked_at)) AS oldest
FROM parked_events WHERE status = 'PARKED' GROUP BY subscription, reason
""")
JOBS: Final = text("""
SELECT kind, nullif(count(*) FILTER (WHERE is_due), 0) AS due,
  extract(epoch FROM min(run_at) FILTER (WHERE is_due)) AS oldest,
  nullif(count(*) FILTER (WHERE status = 'FAILED'), 0) AS failed
FROM (SELECT kind, status, run_at, status = 'WAITING' AND run_at <= now() AS is_due FROM jobs
      WHERE status = 'FAILED' OR run_at <= now()) AS looked_at
GROUP BY kind
""")
OPERATIONS: Final = text("""
SELECT kind, count(*) AS running, extract(epoch FROM min(created_at)) AS oldest
FROM operations WHERE status = 'RUNNING' GROUP BY kind
""")


async def show_queues(tx: AsyncConnection, service: str, gauges: StateGauges) -> None:
    """Show what waits in the database, as the worker's role."""
    await _show_events(tx, service, gauges)
    for row in await _rows(tx, JOBS):
        labels = {"service": service, "kind": row["kind"]}
        gauges.show("l2c_jobs_due", "Jobs that should run now", row["due"], **labels)
        gauges.show("l2c_job_oldest_due_timestamp_seconds", "Since when", row["oldest"], **labels)
        gauges.show("l2c_jobs_failed", "Jobs given up", row["failed"], **labels)
    for row in await _rows(tx, OPERATIONS):
        labels = {"service": service, "kind": row["kind"]}
        gauges.show("l2c_operations_running", "Operations not ended", row["running"], **labels)
        gauges.show(
            "l2c_operation_oldest_timestamp_seconds",
            "Beginning of the oldest operation not ended",
            row["oldest"],
            **labels,
        )


async def _show_events(tx: AsyncConnection, service: str, gauges: StateGauges) -> None:
    [unsent] = await _rows(tx, UNSENT, most=COUNTED)
    gauges.show(
        "l2c_outbox_unsent", "Events not sent to the broker", unsent["events"], service=service
    )
    gauges.show(
        "l2c_outbox_oldest_unsent_timestamp_seconds",
        "When the oldest unsent event was written",
        unsent["oldest"],
        service=service,
    )
    refused = await tx.scalar(REFUSED)
    gauges.show("l2c_outbox_quarantined", "Events held back", refused, service=service)
    for row in await _rows(tx, PARKED):
        labels = {name: row[name] for name in ("subscription", "reason")}
        gauges.show("l2c_parked_events", "Events parked", row["events"], service=service, **labels)
        gauges.show(
            "l2c_parked_oldest_timestamp_seconds",
            "When the oldest parked event was parked",
            row["oldest"],
            service=service,
            **labels,
        )


async def _rows(tx: AsyncConnection, query: Any, **values: object) -> list[Any]:
    return list((await tx.execute(query, values)).mappings())
