"""Declares a type of record: its table, its entity, and the events of its life cycle."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, Protocol, TypeVar, cast
from uuid import UUID

from sqlalchemy import Label, RowMapping, Select, Table, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.named_tables import declare_named_table
from chassis.database.rows import Entity, from_columns
from chassis.records.access.visibility import ScopedResource, UnownedResource
from chassis.records.access_keys.store import delete_access_keys
from chassis.records.approvals.guard import ApprovalGuard
from chassis.records.record_parts import Parts
from chassis.records.work.follow_ups import FollowUp
from chassis.records.writes import delete_row, insert_row, insert_rows, update_row
from contracts.event import Event, State
from kernel.errors import Conflict, NotFound


class Record(Entity, Protocol):
    """An entity that is a record of its own, with a time of change.

    A record with an owner also has a `display_name`: its name or document number, for notices.
    """

    @property
    def updated_at(self) -> datetime: ...


class Published(Record, Protocol):
    """A record whose events carry its state."""

    def state(self) -> State: ...


@cache
def _by_id(table: Table, columns: tuple[Any, ...], with_deleted: bool, lock: bool) -> Select[Any]:  # noqa: FBT001  # a key of the cache
    """Return the query for the record `:record_id`; it is built once."""
    query = select(*columns).where(table.c.id == bindparam("record_id"))
    if "deleted_at" in table.c and not with_deleted:
        query = query.where(table.c.deleted_at.is_(None))
    return query.with_for_update() if lock else query


R = TypeVar("R", bound=Record)
_DECLARED: dict[str, "RecordType[Any]"] = {}
Fetch = Callable[..., Awaitable[R]]
FetchAll = Callable[[AsyncConnection, Sequence[UUID]], Awaitable[Sequence[R]]]
Insert = Callable[[AsyncConnection, R], Awaitable[None]]
Update = Callable[[AsyncConnection, R, R], Awaitable[R]]
LockFirst = Callable[[AsyncConnection], Awaitable[Any]]
Duplicate = Callable[[AsyncConnection, R], Awaitable[Conflict]]


@dataclass(frozen=True, kw_only=True)
class RecordType(Generic[R]):
    """What the commands of `record_commands` know of a record.

    An event class carries the state in a field with the record's name: `AccountChanged(account=)`.
    An `assigned` event has `from_owner_id`, `assigned_by` and `reason` as well, and is published
    for a change of the owner. A command without an event fails, unless the record is declared as
    not `is_published`.

    `follow_up` declares a task that the owner has while the record is open; `approval` when the
    record waits for an approval. `called_by` are the columns by which people call a record that may
    have no name: the first with a value counts.

    `lock_first` takes what the commands of the record lock before any row; a batch, a PUT by
    external id and an import take it before the locks of their own, and so deadlock with none.

    `unique` names the columns of a unique index beside the tenant; `duplicate` makes the error for
    a record that equals another one in them.

    `parts` are read and written with the record. `columns` are values that a query computes for
    each row, such as the ids in a table of members. What these cannot say is a function of the
    record's own: `fetch` (id, `lock`, `with_deleted`), `fetch_all` (ids, deleted ones included),
    `insert` and `update` (before, after).
    """

    scoped: ScopedResource | UnownedResource
    entity: type[R]
    created: type[Event] | None = None
    changed: type[Event] | None = None
    deleted: type[Event] | None = None
    restored: type[Event] | None = None
    assigned: type[Event] | None = None
    is_published: bool = True
    follow_up: FollowUp[R] | None = None
    approval: ApprovalGuard[R] | None = None
    called_by: tuple[str, ...] = ()
    lock_first: LockFirst | None = None
    unique: tuple[str, ...] = ()
    duplicate: Duplicate[R] | None = None
    parts: tuple[Parts, ...] = ()
    columns: Sequence[Label[Any]] = ()
    fetch: Fetch[R] | None = None
    fetch_all: FetchAll[R] | None = None
    insert: Insert[R] | None = None
    update: Update[R] | None = None

    def __post_init__(self) -> None:
        service = self.scoped.resource.partition(".")[0]
        resource, called_by = self.scoped.resource, self.called_by
        declare_named_table(service, resource, self.table, called_by=called_by)
        _DECLARED.setdefault(self.scoped.resource, self)
        for kind in self.parts:
            kind.declare_search(resource, self.table)

    @property
    def table(self) -> Table:
        return self.scoped.table

    @property
    def name(self) -> str:
        """The last part of the resource's name, as in the error code `<NAME>_NOT_FOUND`."""
        return self.scoped.name

    @property
    def is_deletable(self) -> bool:
        """Whether records can be deleted and restored."""
        return "deleted_at" in self.table.c

    @property
    def has_custom_fields(self) -> bool:
        return "custom_fields" in self.table.c

    async def get(
        self,
        tx: AsyncConnection,
        record_id: UUID,
        *,
        lock: bool = False,
        with_deleted: bool = False,
    ) -> R:
        """Read a record, and lock its row until the commit if `lock` is set. Raises NotFound."""
        if self.fetch is not None:
            options = {"with_deleted": True} if with_deleted else {}
            return await self.fetch(tx, record_id, lock=lock, **options)
        known = {"record_id": record_id}
        if lock and self.columns:  # locked first, so that the next statement sees the latest commit
            await tx.execute(_by_id(self.table, (self.table.c.id,), with_deleted, lock), known)
        query = _by_id(self.table, (self.table, *self.columns), with_deleted, lock)
        row = (await tx.execute(query, known)).one_or_none()
        if row is None:
            raise NotFound(self.name, record_id)
        return (await self._built(tx, [row._mapping]))[0]

    async def get_all(self, tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[R]:
        """Read the records with these ids, deleted ones included; without `fetch_all` one by one.

        Raises NotFound only where they are read one by one.
        """
        if self.fetch_all is not None:
            return await self.fetch_all(tx, ids)
        if self.fetch is not None:
            return [await self.get(tx, one, with_deleted=self.is_deletable) for one in ids]
        query = select(self.table, *self.columns).where(self.table.c.id.in_(ids))
        rows = (await tx.execute(query.order_by(self.table.c.id))).mappings().all()
        return await self._built(tx, rows)

    async def _built(self, tx: AsyncConnection, rows: Sequence[RowMapping]) -> list[R]:
        """Build the records of these rows, with their parts."""
        ids = [row["id"] for row in rows]
        found = {kind.field: await kind.of(tx, ids) for kind in self.parts}
        return [
            from_columns(
                self.entity,
                dict(row),
                **{field: parts.get(row["id"], ()) for field, parts in found.items()},
            )
            for row in rows
        ]

    async def add(self, tx: AsyncConnection, record: R) -> None:
        """Insert a new record. Raises Conflict: QUOTA_ROWS, or the `duplicate` error."""
        if self.duplicate is not None:
            if not await insert_rows(tx, self.table, [record], unique=self.unique):
                raise await self.duplicate(tx, record)
        elif self.insert is not None:
            await self.insert(tx, record)
        else:
            await insert_row(tx, self.table, record)
            for kind in self.parts:
                await kind.add(tx, record)

    async def save(self, tx: AsyncConnection, before: R, after: R) -> R:
        """Update a record and return it with its next version.

        Raises Conflict: STALE_WRITE if another transaction wrote it first, or the `duplicate`
        error.
        """
        if self.update is not None:
            return await self.update(tx, before, after)
        if self.duplicate is None or self._key(before) == self._key(after):
            saved = await update_row(tx, self.table, after, before=before)
            for kind in self.parts:
                await kind.save(tx, before, after)
            return saved
        try:
            async with tx.begin_nested():
                return await update_row(tx, self.table, after, before=before)
        except IntegrityError:
            raise await self.duplicate(tx, after) from None

    async def remove(self, tx: AsyncConnection, record_id: UUID) -> None:
        """Delete a record for good, with its search words and access keys."""
        await delete_access_keys(tx, self.scoped, record_id)
        await delete_row(tx, self.table, record_id)

    def _key(self, record: R) -> list[Any]:
        return [getattr(record, name) for name in self.unique]

    def event(self, kind: type[Event], record: R, **values: Any) -> Event:
        """Return an event of this kind that carries the record's state."""
        return self._event_with(kind, cast(Published, record).state(), **values)

    def removal(self, kind: type[Event], record: R) -> Event:
        """Return an event of this kind that carries the last state of a record, as deleted."""
        last = cast(Published, record).state()
        return self._event_with(kind, last.model_copy(update={"deleted": True}))

    def _event_with(self, kind: type[Event], state: State, **values: Any) -> Event:
        return kind(**{self.name: state, **values})


def record_type_of(resource: str) -> RecordType[Any]:
    """Return the declared type of the records of a resource. Raises KeyError if there is none."""
    return _DECLARED[resource]


def record_type_or_none(resource: str) -> RecordType[Any] | None:
    """Return the declared type of the records of a resource, if there is one."""
    return _DECLARED.get(resource)


async def lock_first(tx: AsyncConnection, resource: str) -> None:
    """Take the locks that writers of this resource take before any row of it."""
    declared = record_type_or_none(resource)
    if declared is not None and declared.lock_first is not None:
        await declared.lock_first(tx)
