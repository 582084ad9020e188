"""Every replica equals its source, row by row and column by column."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import OWN_MARK, ChildRows, Copy, ReceivedState, ReplicaSubscription
from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from chassis.records.snapshots.sources import SnapshotSource
from deploy.services import SERVICES
from kernel.ids import new_id
from tests.soak.evidence import Evidence, worker_of
from tests.soak.stage import Violations

FIRST_EPOCH = 1
Row = dict[str, Any]
Received = dict[UUID, ReceivedState[Any]]


async def replicas_equal_their_sources(evidence: Evidence) -> Violations:
    """Compare every declared replica, its child rows included, with what its source has now."""
    violations: list[str] = []
    for service in SERVICES:
        for subscription in worker_of(service).subscriptions:
            if isinstance(subscription, ReplicaSubscription):
                for copy in subscription.copies:
                    found = await _compare(evidence, service, copy)
                    violations += [f"{subscription.name}, {one}" for one in found]
    return violations


async def _compare(evidence: Evidence, service: str, copy: Copy[Any]) -> Violations:
    source = source_of(copy.state.aggregate)
    async with (
        evidence.database(copy.state.aggregate.partition(".")[0]) as origin,
        origin.begin(evidence.tenant, snapshot=True) as tx,
    ):
        received = await _received(tx, source, copy, evidence.tenant)
    async with (
        evidence.database(service) as own,
        own.begin(evidence.tenant, snapshot=True) as tx,
    ):
        rows = [dict(row._mapping) for row in await tx.execute(select(copy.table))]
        evidence.compared += len(rows)
        violations = compare_rows(copy, received, rows)
        for child in copy.children:
            children = [dict(row._mapping) for row in await tx.execute(select(child.parent.table))]
            violations += _compare_children(child, received, children)
    return violations


def source_of(aggregate: str) -> SnapshotSource:
    """Return where the records of an aggregate are read. Raises StopIteration if nowhere."""
    sources = worker_of(aggregate.partition(".")[0]).snapshots
    return next(one for one in sources if one.aggregate == aggregate)


async def _received(
    tx: AsyncConnection, source: SnapshotSource, copy: Copy[Any], tenant: UUID
) -> Received:
    """Return the present states of all records, as their events carry them."""
    ids: Sequence[UUID] = (await tx.execute(select(source.key))).scalars().all()
    received: Received = {}
    for record in await source.load(tx, ids) if ids else ():
        data = {copy.state.field(): record.state().model_dump(mode="json")}
        meta = EventMeta(new_id(), tenant, record.id, record.version, FIRST_EPOCH, now())
        received[record.id] = ReceivedState(copy.read("snapshot", data), meta)
    return received


def compare_rows(copy: Copy[Any], received: Received, rows: Iterable[Row]) -> list[str]:
    """Return the differences between the rows of a replica and those its source would give.

    Marks of the copying service are no part of the copy.
    """
    by_id = {row.get("id", row["tenant_id"]): row for row in rows}
    name, violations = copy.table.name, []
    for record_id, one in received.items():
        row = by_id.pop(record_id, None)
        if row is None:
            violations.append(f"{name} lacks {record_id}")
            continue
        expected = copy.row(one)
        differing = {
            column: (plain(row[column]), plain(value))
            for column, value in expected.items()
            if plain(row[column]) != plain(value)
            and copy.table.c[column].info.items().isdisjoint(OWN_MARK.items())
        }
        if differing:
            violations.append(f"{name} {record_id}, replica and source: {differing}")
    violations += [
        f"{name} has {key}, the source not" for key, r in by_id.items() if not r["deleted"]
    ]
    return violations


def _compare_children(child: ChildRows[Any], received: Received, rows: Sequence[Row]) -> list[str]:
    expected = [
        dict(row)
        for record_id, one in received.items()
        if not one.state.deleted
        for row in child.rows(record_id, one.state)
    ]
    columns = expected[0].keys() if expected else ()
    wanted = sorted(str(_plain_row(row, columns)) for row in expected)
    found = sorted(str(_plain_row(row, columns)) for row in rows)
    return [] if wanted == found else [f"{child.parent.table.name}: {found}, not {wanted}"]


def _plain_row(row: Mapping[str, Any], columns: Iterable[str]) -> Row:
    return {name: plain(row[name]) for name in sorted(columns)}


def plain(value: Any) -> Any:
    """Return a value in the form in which the value of a column and of a field are equal."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return orjson.loads(orjson.dumps(value, default=_as_json))


def _as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)
