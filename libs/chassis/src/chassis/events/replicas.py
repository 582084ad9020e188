"""Replicas of another service's aggregates: the newest version wins, in any order of arrival."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Column,
    Table,
    any_,
    cast,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import ReceivedEvent, ReplicaResult
from contracts.event import Event

E = TypeVar("E", bound=Event)
_RowKey = tuple[Any, ...]
_RowVersion = tuple[int, int]


async def replicate(
    tx: AsyncConnection,
    table: Table,
    received: Sequence[ReceivedEvent[E]],
    columns: Callable[[E], Mapping[str, Any]],
) -> ReplicaResult:
    """Write the newest version of every row, unless the table has it or a newer one.

    `columns` returns a row's own columns; its id is the aggregate's, its version the event's. A
    deleted row stays as a tombstone, `"deleted": True`, so that a late event cannot restore it.
    """
    groups = _by_key(table, received, columns)
    stored = await _stored_versions(tx, table, list(groups))
    newest: list[dict[str, Any]] = []
    applied: set[UUID] = set()
    for key in sorted(groups):
        newer = [e for e in groups[key] if e[0].meta.version > stored.get(key, (-1, -1))]
        if newer:
            newest.append(max(newer, key=lambda one: one[0].meta.version)[1])
            applied.update(one.meta.event_id for one, _ in newer)
    if newest:
        await tx.execute(_upsert(table, newest[0]), newest)
    event_ids = frozenset(one.meta.event_id for one in received)
    return ReplicaResult(frozenset(applied), event_ids - applied)


def _by_key(
    table: Table, received: Sequence[ReceivedEvent[E]], columns: Callable[[E], Mapping[str, Any]]
) -> dict[_RowKey, list[tuple[ReceivedEvent[E], dict[str, Any]]]]:
    """Group the rows by primary key, without the tenant, which is the transaction's."""
    groups: dict[_RowKey, list[tuple[ReceivedEvent[E], dict[str, Any]]]] = {}
    for one in received:
        row = _identity(table, one) | dict(columns(one.event))
        key = tuple(row[column.name] for column in _key_columns(table))
        groups.setdefault(key, []).append((one, row))
    return groups


def _identity(table: Table, one: ReceivedEvent[Any]) -> dict[str, Any]:
    row = {"epoch": one.meta.epoch, "sequence": one.meta.sequence}
    if "id" in table.c:
        row["id"] = one.meta.aggregate_id  # type: ignore[assignment]  # a row holds all types
    if "deleted" in table.c:
        row["deleted"] = False
    return row


def _key_columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.primary_key.columns if column.name != "tenant_id"]


async def _stored_versions(
    tx: AsyncConnection, table: Table, keys: list[_RowKey]
) -> dict[_RowKey, _RowVersion]:
    """Lock the rows and return their versions, which then cannot change before the write."""
    key = _key_columns(table)
    query = select(table.c.epoch, table.c.sequence, *key).order_by(*key).with_for_update()
    if len(key) == 1:
        query = query.where(key[0] == any_(cast([one for (one,) in keys], ARRAY(key[0].type))))
    elif key:
        query = query.where(tuple_(*key).in_(keys))
    rows = await tx.execute(query)
    return {tuple(row[2:]): (row.epoch, row.sequence) for row in rows}


def _upsert(table: Table, row: Mapping[str, Any]) -> Any:
    """Return the statement for all rows; its guard also holds against concurrent writers."""
    statement = insert(table)
    new = statement.excluded
    changed = {name: new[name] for name in row if name not in table.primary_key.columns}
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_=changed,
        where=tuple_(table.c.epoch, table.c.sequence) < tuple_(new.epoch, new.sequence),
    )
