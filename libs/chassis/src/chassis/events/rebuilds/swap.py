"""The swap: replaces a tenant's copy by the new generation, in one transaction.

Consumers of the tenant wait for it; readers see the old copy until it commits, and then the new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import delete, exists, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_rebuild
from chassis.database.tombstones import is_tombstone
from chassis.events.rebuilds.requests import Rebuild, RebuildStatus
from chassis.events.rebuilds.tables import replica_rebuilds, staged_states
from chassis.events.replicas import (
    Copy,
    ReceivedState,
    ReplicaSubscription,
    delete_children,
    replace_children,
)
from chassis.events.subscriptions import EventMeta
from kernel.ids import new_id

PAGE_ROWS = 500
# One statement looks at all rows of a copy, and the lock waits for the consumers' transactions.
PATIENCE = text(
    "SELECT set_config('statement_timeout', '10min', true),"
    " set_config('lock_timeout', '1min', true)"
)


@dataclass
class SwapCounts:
    """Rows whose content changed; rows that the new generation lacks, now deleted or kept; and
    states that do not fit the copy, whose rows stay as they are."""

    written: int = 0
    deleted: int = 0
    kept: int = 0
    unreadable: int = 0


async def swap(
    tx: AsyncConnection, subscription: ReplicaSubscription, rebuild: Rebuild, now: datetime
) -> SwapCounts | None:
    """Replace the copy and finish the rebuild; None if it was done, cancelled or has no tenant.

    The events of a deleted tenant would bring its data back, so nothing is written for it.
    """
    await tx.execute(PATIENCE)
    await lock_rebuild(tx, f"{rebuild.tenant_id}:{rebuild.subscription}", exclusive=True)
    r = replica_rebuilds.c
    mine = (r.tenant_id == rebuild.tenant_id) & (r.id == rebuild.id)
    status = await tx.scalar(select(r.status).where(mine).with_for_update())
    if status != RebuildStatus.READING:
        return None
    if await is_tombstone(tx, rebuild.tenant_id):
        await _forget(tx, rebuild)
        return None
    counts = SwapCounts()
    for copy in subscription.copies:
        if copy.around is None:
            await _swap_copy(tx, copy, rebuild, counts)
        else:
            async with copy.around(tx):
                await _swap_copy(tx, copy, rebuild, counts)
    await tx.execute(
        update(replica_rebuilds)
        .where(mine)
        .values(
            status=RebuildStatus.FINISHED,
            finished_at=now,
            progressed_at=now,
            rows_written=counts.written,
            rows_deleted=counts.deleted,
            rows_kept=counts.kept,
            unreadable=r.unreadable + counts.unreadable,
        )
    )
    return counts


async def _forget(tx: AsyncConnection, rebuild: Rebuild) -> None:
    """Delete a rebuild and what is staged for it: a deleted tenant keeps no trace."""
    s, r = staged_states.c, replica_rebuilds.c
    its_states = (s.tenant_id == rebuild.tenant_id) & (s.rebuild_id == rebuild.id)
    await tx.execute(delete(staged_states).where(its_states))
    mine = (r.tenant_id == rebuild.tenant_id) & (r.id == rebuild.id)
    await tx.execute(delete(replica_rebuilds).where(mine))


async def _swap_copy(
    tx: AsyncConnection, copy: Copy[Any], rebuild: Rebuild, counts: SwapCounts
) -> None:
    await _delete_missing(tx, copy, rebuild, counts)
    s = staged_states.c
    mine = (
        (s.tenant_id == rebuild.tenant_id)
        & (s.rebuild_id == rebuild.id)
        & (s.aggregatetype == copy.state.aggregate)
    )
    while True:
        ids = select(s.aggregateid).where(mine).order_by(s.aggregateid).limit(PAGE_ROWS)
        page = delete(staged_states).where(mine, s.aggregateid.in_(ids)).returning(staged_states)
        rows = [dict(row) for row in (await tx.execute(page)).mappings()]
        if not rows:
            return
        await _write_page(tx, copy, sorted(rows, key=lambda row: row["aggregateid"]), counts)


async def _delete_missing(
    tx: AsyncConnection, copy: Copy[Any], rebuild: Rebuild, counts: SwapCounts
) -> None:
    """Mark the rows as deleted that the publisher does not have; count them if that is not known.

    They become tombstones of their version: an old event that comes late cannot restore them.
    """
    if "id" not in copy.table.c:
        return
    key, is_deleted, s = copy.table.c.id, copy.table.c.deleted, staged_states.c
    staged = exists().where(
        s.tenant_id == rebuild.tenant_id,
        s.rebuild_id == rebuild.id,
        s.aggregatetype == copy.state.aggregate,
        s.aggregateid == key,
    )
    missing = ~staged & ~is_deleted
    if copy.state.aggregate not in rebuild.whole_aggregates:
        query = select(func.count()).select_from(copy.table).where(missing)
        counts.kept += await tx.scalar(query) or 0
        return
    marked = update(copy.table).where(missing).values(deleted=True).returning(key)
    ids = list((await tx.execute(marked)).scalars())
    counts.deleted += len(ids)
    for child in copy.children:
        await delete_children(tx, child, ids)


async def _write_page(
    tx: AsyncConnection, copy: Copy[Any], rows: Sequence[Mapping[str, Any]], counts: SwapCounts
) -> None:
    states: list[ReceivedState[Any]] = []
    for row in rows:
        try:
            states.append(ReceivedState(copy.read(row["fact"], row["data"]), _meta(row)))
        except ValidationError:
            counts.unreadable += 1
    if states:
        statement = _overwrite(copy, [copy.row(one) for one in states])
        counts.written += len((await tx.execute(statement)).all())
        await replace_children(tx, copy, states)


def _meta(row: Mapping[str, Any]) -> EventMeta:
    return EventMeta(
        event_id=new_id(),
        tenant=row["tenant_id"],
        aggregate_id=row["aggregateid"],
        sequence=row["sequence"],
        epoch=row["epoch"],
        occurred_at=row["occurred_at"],
    )


def _overwrite(copy: Copy[Any], rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return the statement that writes rows, also those of the same version if they differ."""
    table = copy.table
    statement = insert(table).values(list(rows))
    new = statement.excluded
    changed = {name: new[name] for name in rows[0] if name not in table.primary_key.columns}
    differs = or_(*(table.c[name].is_distinct_from(new[name]) for name in changed))
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_=changed,
        where=differs
        & (tuple_(table.c.epoch, table.c.sequence) <= tuple_(new.epoch, new.sequence)),
    ).returning(table.c.epoch)
