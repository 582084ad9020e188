"""Replicas of another service's aggregates: the newest version wins, in any order of arrival.

A replica names the state of the aggregate, not its facts: every event carries the whole state, so
a replica takes every event of the aggregate, and those that are declared later as well.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, create_model
from sqlalchemy import Column, Select, Table, bindparam, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.named_tables import declare_named_table
from chassis.database.rows import is_among, is_one_of
from chassis.events.envelope import Envelope
from chassis.events.subscriptions import EventMeta, Subscription, SubscriptionKind
from contracts.event import DELETED, AggregateState

S = TypeVar("S", bound=AggregateState)
# The info of a column of a replica that is no copy, but a mark of this service about the version.
OWN_MARK: Final = {"own_mark": True}
RowKey = tuple[Any, ...]
RowVersion = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReceivedState(Generic[S]):
    """The state of an aggregate, with the origin of the event that carried it."""

    state: S
    meta: EventMeta


@dataclass(frozen=True)
class ChildRows(Generic[S]):
    """Rows of another table that belong to a copied record and are replaced together with it.

    `parent` is the column with the record's id; `rows` returns the rows of a state, which a
    deleted record does not have.
    """

    parent: Column[UUID]
    rows: Callable[[UUID, S], Iterable[Mapping[str, Any]]]


@dataclass(frozen=True)
class Copy(Generic[S]):
    """Copies an aggregate's state into a table.

    The table's columns take the fields of the same names; `columns` returns those that are named
    or made differently. `id`, the version and the deleted mark come from the event: a deleted row
    stays as a tombstone, so that a late event cannot restore it. A column with OWN_MARK is set anew
    by each version, and may be changed by this service in between. Rows are written inside the
    context `around`, which sees the table before and after.
    """

    state: type[S]
    table: Table
    columns: Callable[[S], Mapping[str, Any]] | None = None
    children: Sequence[ChildRows[S]] = ()
    around: Callable[[AsyncConnection], AbstractAsyncContextManager[None]] | None = None
    _payload: type[BaseModel] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fields: dict[str, Any] = {self.state.field(): (self.state, ...)}
        payload = create_model(f"{self.state.__name__}Payload", **fields)
        object.__setattr__(self, "_payload", payload)

    def row(self, received: ReceivedState[S]) -> dict[str, Any]:
        """Return the row of a state, without the tenant, which is the transaction's."""
        table, meta, state = self.table, received.meta, received.state
        row: dict[str, Any] = {"epoch": meta.epoch, "sequence": meta.sequence}
        if "id" in table.c:
            row["id"] = meta.aggregate_id
        own = self.state.model_fields.keys() & table.c.keys()
        row |= {name: getattr(state, name) for name in sorted(own - {"id", "tenant_id"})}
        return row | dict(self.columns(state) if self.columns else {})

    def read(self, fact: str, data: Mapping[str, Any]) -> S:
        """Return the state in an event's data; the fact `deleted` also marks it as deleted.

        Raises ValidationError where the data holds no such state.
        """
        state: S = getattr(self._payload.model_validate(data), self.state.field())
        return state.model_copy(update={"deleted": True}) if fact == DELETED else state


@dataclass(frozen=True)
class ReplicaSubscription(Subscription):
    """A subscription that keeps copies of aggregates and can be rebuilt."""

    copies: tuple[Copy[Any], ...] = ()
    _by_aggregate: Mapping[str, Copy[Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.copies:
            raise ValueError(f"{self.name} copies nothing")
        by_aggregate = {copy.state.aggregate: copy for copy in self.copies}
        if len(by_aggregate) < len(self.copies):
            raise ValueError(f"{self.name} copies an aggregate twice")
        object.__setattr__(self, "_by_aggregate", by_aggregate)
        for copy in self.copies:
            declare_named_table(self.name.partition(".")[0], copy.state.aggregate, copy.table)

    @property
    def kind(self) -> SubscriptionKind:
        return SubscriptionKind.REPLICA

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(sorted(copy.state.topic() for copy in self.copies))

    @property
    def batch_limit(self) -> int | None:
        return None

    def copy_of(self, aggregate: str) -> Copy[Any] | None:
        """Return the copy of an aggregate such as `l2o.account`; None where there is none."""
        return self._by_aggregate.get(aggregate)

    def decode(self, envelope: Envelope) -> AggregateState | None:
        copy = self.copy_of(envelope.aggregate_type)
        return None if copy is None else copy.read(envelope.fact, envelope.data)

    async def apply(
        self, tx: AsyncConnection, received: Sequence[ReceivedState[Any]]
    ) -> frozenset[UUID]:
        """Apply states of one tenant; return the ids of the events newer than the stored rows."""
        applied: set[UUID] = set()
        for copy in self.copies:
            own = [one for one in received if isinstance(one.state, copy.state)]
            if own:
                applied |= await replicate(tx, copy, own)
        return frozenset(applied)


def replica(name: str, *copies: Copy[Any]) -> ReplicaSubscription:
    """Declare a replica: `replica("cpq.accounts", Copy(AccountState, accounts))`."""
    return ReplicaSubscription(name, copies=copies)


async def replicate(
    tx: AsyncConnection, copy: Copy[S], received: Sequence[ReceivedState[S]]
) -> set[UUID]:
    """Write the newest version of every row, unless the table has it or a newer one.

    Returns the ids of the events that were newer than the stored rows.
    """
    groups: dict[RowKey, list[tuple[ReceivedState[S], dict[str, Any]]]] = {}
    for one in received:
        row = copy.row(one)
        key = tuple(row[column.name] for column in key_columns(copy.table))
        groups.setdefault(key, []).append((one, row))
    stored = await _stored_versions(tx, copy.table, list(groups))
    newest: list[tuple[ReceivedState[S], dict[str, Any]]] = []
    applied: set[UUID] = set()
    for key in sorted(groups):
        newer = [e for e in groups[key] if e[0].meta.version > stored.get(key, (-1, -1))]
        if newer:
            newest.append(max(newer, key=lambda one: one[0].meta.version))
            applied.update(one.meta.event_id for one, _ in newer)
    if newest:
        rows = [row for _, row in newest]
        async with copy.around(tx) if copy.around else nullcontext():
            await tx.execute(_upsert(copy.table, tuple(rows[0])), rows)
            await _replace_newest_children(tx, copy, [one for one, _ in newest])
    return applied


def key_columns(table: Table) -> list[Column[Any]]:
    """Return the primary key without the tenant."""
    return [column for column in table.primary_key.columns if column.name != "tenant_id"]


async def _stored_versions(
    tx: AsyncConnection, table: Table, keys: list[RowKey]
) -> dict[RowKey, RowVersion]:
    """Lock the rows and return their versions, which then cannot change before the write."""
    values = {"ids": [one for (one,) in keys]} if len(key_columns(table)) == 1 else {"keys": keys}
    rows = await tx.execute(_versions_query(table), values if key_columns(table) else {})
    return {tuple(row[2:]): (row.epoch, row.sequence) for row in rows}


@cache
def _versions_query(table: Table) -> Select[Any]:
    """Return the query of the versions of some rows, by their keys; built once for a table."""
    key = key_columns(table)
    query = select(table.c.epoch, table.c.sequence, *key).order_by(*key).with_for_update()
    if len(key) == 1:
        return query.where(is_among(key[0], "ids"))
    return query.where(tuple_(*key).in_(bindparam("keys", expanding=True))) if key else query


@cache
def _upsert(table: Table, columns: tuple[str, ...]) -> Any:
    """Return the statement for all rows; its guard also holds against concurrent writers."""
    statement = insert(table)
    new = statement.excluded
    changed = {name: new[name] for name in columns if name not in table.primary_key.columns}
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_=changed,
        where=tuple_(table.c.epoch, table.c.sequence) < tuple_(new.epoch, new.sequence),
    )


async def _replace_newest_children(
    tx: AsyncConnection, copy: Copy[S], written: Sequence[ReceivedState[S]]
) -> None:
    """Replace the child rows, except where a concurrent writer has stored a newer version."""
    if not copy.children:
        return
    key = copy.table.c.id
    ids = [one.meta.aggregate_id for one in written]
    query = select(key, copy.table.c.epoch, copy.table.c.sequence).where(is_one_of(key, ids))
    versions = {row.id: (row.epoch, row.sequence) for row in await tx.execute(query)}
    current = [one for one in written if versions.get(one.meta.aggregate_id) == one.meta.version]
    await replace_children(tx, copy, current)


async def replace_children(
    tx: AsyncConnection, copy: Copy[S], states: Sequence[ReceivedState[S]]
) -> None:
    """Replace the child rows of these records by those that their states name."""
    ordered = sorted(states, key=lambda one: one.meta.aggregate_id)
    for child in copy.children:
        await delete_children(tx, child, [one.meta.aggregate_id for one in ordered])
        rows = [
            row
            for one in ordered
            if not one.state.deleted
            for row in child.rows(one.meta.aggregate_id, one.state)
        ]
        if rows:
            await tx.execute(insert(child.parent.table).on_conflict_do_nothing(), rows)


async def delete_children(
    tx: AsyncConnection, child: ChildRows[Any], parents: Sequence[UUID]
) -> None:
    """Delete the child rows of these records."""
    parent = child.parent
    if parents:
        await tx.execute(delete(parent.table).where(is_one_of(parent, parents)))
