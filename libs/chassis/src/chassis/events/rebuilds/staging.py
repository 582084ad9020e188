"""The generation that is being built: the newest state of each aggregate, beside the present copy.

Two writers fill it. The rebuilder reads the topics from the start; the consumer also stages every
event that it applies to the present copy while a rebuild runs. So the new generation has all that
the present copy has seen, whenever they are swapped.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_rebuild
from chassis.events.envelope import Envelope
from chassis.events.rebuilds.requests import RebuildStatus
from chassis.events.rebuilds.tables import replica_rebuilds, staged_states
from chassis.events.replicas import ReplicaSubscription

DISCARDED_STATES = 5_000  # in one transaction
SNAPSHOT_SLACK_MS = 300_000  # how far the clocks of a publisher's hosts may be apart

_RUNNING = select(replica_rebuilds.c.id, replica_rebuilds.c.snapshot_id).where(  # built once
    replica_rebuilds.c.tenant_id == bindparam("of_tenant"),
    replica_rebuilds.c.subscription == bindparam("of_subscription"),
    text("status = 'READING'"),  # as a constant it matches the partial index
)


async def running_rebuild(
    tx: AsyncConnection, tenant: UUID, subscription: str
) -> tuple[UUID, UUID | None] | None:
    """Return the id and the snapshot of the rebuild of a tenant's copy; None if none runs.

    Until the commit of this transaction the copies are not swapped. A consumer that sees no
    rebuild needs no lock: what it has polled lies before the end that a later rebuild reads to.
    """
    if await _running(tx, tenant, subscription) is None:
        return None
    await lock_rebuild(tx, f"{tenant}:{subscription}", exclusive=False)
    return await _running(tx, tenant, subscription)


async def _running(
    tx: AsyncConnection, tenant: UUID, subscription: str
) -> tuple[UUID, UUID | None] | None:
    values = {"of_tenant": tenant, "of_subscription": subscription}
    row = (await tx.execute(_RUNNING, values)).one_or_none()
    return None if row is None else (row.id, row.snapshot_id)


def belongs(
    subscription: ReplicaSubscription, envelope: Envelope, snapshot_id: UUID | None
) -> bool:
    """Return whether the new generation takes an event.

    With a snapshot it takes what was published since the snapshot began: UUIDv7 hold their time.
    """
    if subscription.copy_of(envelope.aggregate_type) is None:
        return False
    if snapshot_id is None:
        return True
    began_at = snapshot_id.int >> 80
    return envelope.time.timestamp() * 1000 >= began_at - SNAPSHOT_SLACK_MS


async def lock_reading(tx: AsyncConnection, rebuild_id: UUID) -> frozenset[UUID]:
    """Lock the rebuilds with this id that still read, and return their tenants.

    Until the commit none of them is cancelled.
    """
    r = replica_rebuilds.c
    reading = (r.id == rebuild_id) & (r.status == RebuildStatus.READING)
    query = select(r.tenant_id).where(reading).order_by(r.tenant_id).with_for_update()
    return frozenset((await tx.execute(query)).scalars())


async def discard_page(tx: AsyncConnection) -> bool:
    """Delete some staged states of rebuilds that have ended; return whether there were any.

    A rebuild that was cancelled or failed leaves all of its states, and a consumer may stage one
    more that saw the rebuild just before.
    """
    r, s = replica_rebuilds.c, staged_states.c
    has_staged = exists().where(s.tenant_id == r.tenant_id, s.rebuild_id == r.id)
    ended = (r.status != RebuildStatus.READING) & has_staged
    row = (await tx.execute(select(r.tenant_id, r.id).where(ended).limit(1))).one_or_none()
    if row is None:
        return False
    mine = (s.tenant_id == row.tenant_id) & (s.rebuild_id == row.id)
    keys = (s.tenant_id, s.rebuild_id, s.aggregatetype, s.aggregateid)
    page = select(*keys).where(mine).limit(DISCARDED_STATES)
    await tx.execute(delete(staged_states).where(tuple_(*keys).in_(page)))
    return True


async def stage(tx: AsyncConnection, rebuild_id: UUID, envelopes: Sequence[Envelope]) -> None:
    """Stage the states that these events carry, unless a newer one is staged."""
    rows = [
        {
            "tenant_id": one.tenantid,
            "rebuild_id": rebuild_id,
            "aggregatetype": one.aggregate_type,
            "aggregateid": one.subject,
            "epoch": one.epoch,
            "sequence": one.sequence,
            "occurred_at": one.time,
            "fact": one.fact,
            "data": one.data,
        }
        for one in _newest(envelopes)
    ]
    if not rows:
        return
    statement = insert(staged_states)
    new, old = statement.excluded, staged_states.c
    keys = [column.name for column in staged_states.primary_key.columns]
    upsert = statement.on_conflict_do_update(
        index_elements=keys,
        set_={name: new[name] for name in rows[0] if name not in keys},
        # A snapshot has the version of the fact before it and may carry fields that are new.
        where=tuple_(old.epoch, old.sequence, old.occurred_at)
        < tuple_(new.epoch, new.sequence, new.occurred_at),
    )
    await tx.execute(upsert, rows)


def _newest(envelopes: Iterable[Envelope]) -> list[Envelope]:
    """Return the newest event of each aggregate, in the order of their keys."""
    newest: dict[tuple[UUID, str, UUID], Envelope] = {}
    for one in envelopes:
        key = (one.tenantid, one.aggregate_type, one.subject)
        other = newest.get(key)
        if other is None or (other.version, other.time) < (one.version, one.time):
            newest[key] = one
    return [newest[key] for key in sorted(newest)]
