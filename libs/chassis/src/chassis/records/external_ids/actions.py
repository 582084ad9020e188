"""Upserts of records by external id: repeated calls have one effect, the newest source wins."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Row, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_external_key
from chassis.database.rows import Entity
from chassis.records.external_ids.tables import external_ids
from kernel.errors import Conflict, NotFound
from kernel.records import ExternalRef

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True)
class ExternalId:
    """The id of a record in another system, e.g. ("l2o.account", "sap", "0001000042")."""

    resource: str
    system: str
    external_id: str

    @property
    def reference(self) -> ExternalRef:
        """What the record itself holds of it."""
        return ExternalRef(system=self.system, external_id=self.external_id)


def references_by(external_id: ExternalId | None) -> tuple[ExternalRef, ...]:
    """Return what a new record with this external id, or none, holds as its external ids."""
    return () if external_id is None else (external_id.reference,)


@dataclass(frozen=True)
class Upserted(Generic[E]):
    """The record after an upsert, and whether the call created it."""

    record: E
    created: bool


async def upsert(
    tx: AsyncConnection,
    name: ExternalId,
    *,
    create: Callable[[], Awaitable[E]],
    update: Callable[[UUID], Awaitable[E]],
    restore: Callable[[UUID], Awaitable[E]] | None = None,
    get: Callable[[UUID], Awaitable[E]],
    source_updated_at: datetime | None = None,
) -> Upserted[E]:
    """Create or update the record with this external id, unless the stored state is newer.

    Writes with a `source_updated_at` may arrive in any order; the latest wins. A deleted record is
    restored first, unless the stored state is newer: then it stays deleted. Raises what `create`,
    `update`, `restore` and `get` raise, and Conflict (STALE_WRITE) where an import has just taken
    the external id.
    """
    await lock_external_id(tx, name)
    existing = await find_external_id(tx, name)
    if existing is None:
        record = await create()
        await _insert(tx, name, record.id, source_updated_at)
        return Upserted(record, created=True)
    if _is_older(source_updated_at, existing.source_updated_at):
        return Upserted(await get(existing.record_id), created=False)
    record = await _updated(existing.record_id, update, restore)
    if source_updated_at is not None and source_updated_at != existing.source_updated_at:
        await _advance(tx, name, source_updated_at)
    return Upserted(record, created=False)


async def _updated(
    record_id: UUID,
    update: Callable[[UUID], Awaitable[E]],
    restore: Callable[[UUID], Awaitable[E]] | None,
) -> E:
    """Update the record; restore it first only if the update does not find it."""
    try:
        return await update(record_id)
    except NotFound as error:
        if restore is None or error.params["key"] != str(record_id):
            raise
    await restore(record_id)
    return await update(record_id)


def _is_older(source_updated_at: datetime | None, existing: datetime | None) -> bool:
    return source_updated_at is not None and existing is not None and source_updated_at < existing


async def lock_external_id(tx: AsyncConnection, name: ExternalId) -> None:
    """Lock an external id until the transaction ends."""
    await lock_external_key(tx, **vars(name))


async def find_external_id(tx: AsyncConnection, name: ExternalId) -> Row[Any] | None:
    """Return the row of an external id, None if it is unknown."""
    return (await tx.execute(select(external_ids).filter_by(**vars(name)))).one_or_none()


async def record_id_by_external_id(tx: AsyncConnection, name: ExternalId) -> UUID:
    """Return the id of the record with this external id. Raises NotFound."""
    existing = await find_external_id(tx, name)
    if existing is None:
        raise external_id_not_found(name)
    record_id: UUID = existing.record_id
    return record_id


async def records_named_by(
    tx: AsyncConnection, name: ExternalId, record_ids: Collection[UUID]
) -> set[UUID]:
    """Return the records among these that have an external id in the system of this one."""
    columns = external_ids.c
    query = select(columns.record_id).where(
        columns.resource == name.resource,
        columns.system == name.system,
        columns.record_id.in_(record_ids),
    )
    return set((await tx.execute(query)).scalars())


def external_id_not_found(name: ExternalId) -> NotFound:
    """Return the error for a missing or invisible record; the internal id is not disclosed."""
    return NotFound(name.resource.split(".")[-1], f"{name.system}/{name.external_id}")


async def add_external_id(tx: AsyncConnection, name: ExternalId, record_id: UUID) -> None:
    """Add an external id to a record; nothing changes if the record already has it.

    Raises Conflict: EXTERNAL_ID_TAKEN if another record has it, STALE_WRITE if an import has just
    taken it.
    """
    await lock_external_id(tx, name)
    existing = await find_external_id(tx, name)
    if existing is None:
        await _insert(tx, name, record_id, None)
    elif existing.record_id != record_id:
        raise Conflict("EXTERNAL_ID_TAKEN", system=name.system, external_id=name.external_id)


async def _insert(
    tx: AsyncConnection, name: ExternalId, record_id: UUID, source_updated_at: datetime | None
) -> None:
    """Insert the external id; imports insert without this lock, so the second writer must retry."""
    values = {**vars(name), "record_id": record_id, "source_updated_at": source_updated_at}
    new = insert(external_ids).values(values).on_conflict_do_nothing()
    if (await tx.execute(new.returning(external_ids.c.record_id))).one_or_none() is None:
        raise Conflict("STALE_WRITE", what=external_ids.name, key=name.external_id)


async def move_external_ids(
    tx: AsyncConnection, resource: str, record_id: UUID, to: UUID
) -> list[tuple[str, str]]:
    """Let the external ids of a record name another one; return them, each after its system."""
    c = external_ids.c
    mine = (c.resource == resource, c.record_id == record_id)
    moved = update(external_ids).where(*mine).values(record_id=to)
    rows = await tx.execute(moved.returning(c.system, c.external_id))
    return [(row.system, row.external_id) for row in rows]


async def return_external_ids(
    tx: AsyncConnection, resource: str, record_id: UUID, names: Sequence[Sequence[str]], to: UUID
) -> None:
    """Give a record back the external ids that were moved to another one, which has them still."""
    c = external_ids.c
    mine = (c.resource == resource, c.record_id == record_id)
    named = tuple_(c.system, c.external_id).in_([tuple(name) for name in names])
    await tx.execute(update(external_ids).where(*mine, named).values(record_id=to))


async def _advance(tx: AsyncConnection, name: ExternalId, source_updated_at: datetime) -> None:
    mine = update(external_ids).filter_by(**vars(name))
    await tx.execute(mine.values(source_updated_at=source_updated_at))
