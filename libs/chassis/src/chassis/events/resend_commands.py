"""What an operator can do when a broker lost its log: have retained events sent again, or stop.

The API (whose role sees one tenant) and the command line (the worker's role sees all) share it. A
request is one row, which keeps who made it, when, why, and the progress; the relay does the work.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.database.write_cause import set_audit_reason
from chassis.events.relay.window_pages import IS_FACT
from chassis.events.resend_tables import event_resend_keys, event_resends
from contracts.event import EVENT_CLASSES, topic_of
from contracts.topics import load_events
from kernel.errors import Conflict, Invalid, NotFound, Violation
from kernel.ids import new_id

# What is to be sent again: facts, because snapshots of states are published anew instead.
_WANTED = f"""
FROM outbox WHERE created >= :since AND {IS_FACT}
  AND (CAST(:aggregate AS text) IS NULL OR aggregatetype = CAST(:aggregate AS text))
"""
_TENANTS = text(f"SELECT DISTINCT tenant_id {_WANTED} ORDER BY tenant_id")
_COUNT = text(f"SELECT count(*) {_WANTED} AND tenant_id = :tenant")
_QUEUE = text(f"""
INSERT INTO event_resend_keys (tenant_id, resend_id, bucket, aggregatetype, aggregateid)
SELECT DISTINCT tenant_id, CAST(:resend AS uuid), bucket, aggregatetype, aggregateid
{_WANTED} AND tenant_id = :tenant
""")


@dataclass(frozen=True, kw_only=True)
class EventResend:
    """A request to send a tenant's events again, and its progress.

    `events` is how many were asked for; `sent` may be higher, because events published meanwhile
    go along. `quarantined` events wait for an operator with their keys. It has ended when
    `finished_at` is set; with `cancelled_by` before everything was sent.
    """

    tenant_id: UUID
    id: UUID
    since: datetime
    topic: str | None
    events: int
    sent: int
    quarantined: int
    requested_by: str
    requested_at: datetime
    note: str | None
    progressed_at: datetime
    finished_at: datetime | None
    cancelled_by: str | None = None
    cancel_note: str | None = None


def event_resends_query() -> Select[Any]:
    """Return the query of the requests, unordered; the caller pages it."""
    return select(event_resends)


async def list_resends(tx: AsyncConnection, *, limit: int = 100) -> list[EventResend]:
    """Return the newest requests of all tenants that the transaction sees."""
    newest = event_resends_query().order_by(event_resends.c.id.desc()).limit(limit)
    return [from_columns(EventResend, row) for row in (await tx.execute(newest)).mappings()]


async def get_resend(tx: AsyncConnection, resend_id: UUID, *, lock: bool = False) -> EventResend:
    """Return a request, locked on demand. Raises NotFound, also for requests of other tenants."""
    query = event_resends_query().where(event_resends.c.id == resend_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFound("event_resend", resend_id)
    return from_columns(EventResend, row)


async def request_resend(
    tx: AsyncConnection,
    service: str,
    tenant: UUID,
    *,
    since: datetime,
    topic: str | None = None,
    by: str,
    note: str | None = None,
    now: datetime,
) -> EventResend:
    """Queue a tenant's retained events that were written since then, of one topic or of all.

    For every record all of its events since then are sent again, in order; subscribers recognize
    those that they have. Raises Invalid (INSTANT_IN_FUTURE, VALUE_UNKNOWN).
    """
    aggregate = _validated(service, since, topic, now)
    values = {"since": since, "aggregate": aggregate, "tenant": tenant}
    events = await tx.scalar(_COUNT, values) or 0
    resend = EventResend(
        tenant_id=tenant,
        id=new_id(),
        since=since,
        topic=topic,
        events=events,
        sent=0,
        quarantined=0,
        requested_by=by,
        requested_at=now,
        note=note,
        progressed_at=now,
        finished_at=None if events else now,
    )
    await set_audit_reason(tx, note)
    await tx.execute(insert(event_resends).values(**vars(resend)))
    await tx.execute(_QUEUE, {**values, "resend": resend.id})
    return resend


async def request_resends(
    tx: AsyncConnection,
    service: str,
    *,
    since: datetime,
    topic: str | None = None,
    by: str,
    note: str | None = None,
    now: datetime,
) -> list[EventResend]:
    """Queue the events of every tenant that has some, a request for each, as `request_resend`."""
    values = {"since": since, "aggregate": _validated(service, since, topic, now)}
    tenants = (await tx.execute(_TENANTS, values)).scalars().all()
    return [
        await request_resend(
            tx, service, tenant, since=since, topic=topic, by=by, note=note, now=now
        )
        for tenant in tenants
    ]


async def cancel_resend(
    tx: AsyncConnection, resend_id: UUID, *, by: str, now: datetime, note: str | None = None
) -> EventResend:
    """Take what is still queued out of the queue; what the relay is sending just now is sent.

    Cancelling again changes nothing. Raises NotFound, or Conflict (RUN_ENDED) if all were sent.
    """
    resend = await get_resend(tx, resend_id, lock=True)
    if resend.cancelled_by is not None:
        return resend
    if resend.finished_at is not None:
        raise Conflict("RUN_ENDED")
    k, r = event_resend_keys.c, event_resends.c
    queued = (k.tenant_id == resend.tenant_id) & (k.resend_id == resend.id) & ~k.begun
    await tx.execute(delete(event_resend_keys).where(queued))
    await set_audit_reason(tx, note)
    ending = {"finished_at": now, "progressed_at": now, "cancelled_by": by, "cancel_note": note}
    mine = (r.tenant_id == resend.tenant_id) & (r.id == resend.id)
    await tx.execute(update(event_resends).where(mine).values(ending))
    return await get_resend(tx, resend_id)


def _validated(service: str, since: datetime, topic: str | None, now: datetime) -> str | None:
    """Return the aggregate type of the topic, if one is given. Raises Invalid."""
    load_events()
    aggregates = {kind.aggregate_type() for kind in EVENT_CLASSES.values()}
    topics = {topic_of(name): name for name in aggregates if name.partition(".")[0] == service}
    violations = []
    if since > now:
        violations.append(Violation("/since", "INSTANT_IN_FUTURE"))
    if topic is not None and topic not in topics:
        violations.append(Violation("/topic", "VALUE_UNKNOWN", {"expected": sorted(topics)}))
    if violations:
        raise Invalid(violations)
    return None if topic is None else topics[topic]
