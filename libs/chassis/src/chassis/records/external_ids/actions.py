"""Writing a record by what another system calls it: once however often, newest wins."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT
from chassis.database.rows import Entity
from chassis.records.external_ids.tables import external_ids
from kernel.errors import Conflict, NotFound

E = TypeVar("E", bound=Entity)

# Whoever writes the same name at once waits here; nobody else does.
_LOCK = text(
    f"SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', {CURRENT_TENANT}, "
    "CAST(:resource AS text), CAST(:system AS text), CAST(:external_id AS text)), 11))"
)


@dataclass(frozen=True)
class ExternalId:
    """What a system calls a record of a resource, e.g. ("l2o.account", "sap", "0001000042")."""

    resource: str
    system: str
    external_id: str


@dataclass(frozen=True)
class Upserted(Generic[E]):
    """The record as it stands, and whether this call made it."""

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
    """Create the record of this name, or update it, unless what we hold is from a later source.

    Whatever order they come in, writes with a `source_updated_at` end as the latest says. One that
    is deleted here is restored first, unless what we hold is from a later source: then it stays
    deleted. Raises what `create`, `update`, `restore` and `get` raise, and Conflict (STALE_WRITE)
    where an import has just taken the name.
    """
    await lock_external_id(tx, name)
    known = await find_external_id(tx, name)
    if known is None:
        record = await create()
        await _insert(tx, name, record.id, source_updated_at)
        return Upserted(record, created=True)
    if _is_older(source_updated_at, known.source_updated_at):
        return Upserted(await get(known.record_id), created=False)
    record = await _updated(known.record_id, update, restore)
    if source_updated_at is not None and source_updated_at != known.source_updated_at:
        await _advance(tx, name, source_updated_at)
    return Upserted(record, created=False)


async def _updated(
    record_id: UUID,
    update: Callable[[UUID], Awaitable[E]],
    restore: Callable[[UUID], Awaitable[E]] | None,
) -> E:
    """Only where the record is not there is it asked to come back: an update costs no look."""
    try:
        return await update(record_id)
    except NotFound as gone:
        if restore is None or gone.params["key"] != str(record_id):
            raise
    await restore(record_id)
    return await update(record_id)


def _is_older(given: datetime | None, known: datetime | None) -> bool:
    return given is not None and known is not None and given < known


async def lock_external_id(tx: AsyncConnection, name: ExternalId) -> None:
    """Wait for whoever writes this name, and let the others wait until the transaction ends."""
    await tx.execute(_LOCK, vars(name))


async def find_external_id(tx: AsyncConnection, name: ExternalId) -> Row[Any] | None:
    """The row of this name, if there is one."""
    return (await tx.execute(select(external_ids).filter_by(**vars(name)))).one_or_none()


async def record_id_by_external_id(tx: AsyncConnection, name: ExternalId) -> UUID:
    """The id of the record of this name. Raises NotFound."""
    known = await find_external_id(tx, name)
    if known is None:
        raise external_id_not_found(name)
    record_id: UUID = known.record_id
    return record_id


def external_id_not_found(name: ExternalId) -> NotFound:
    """There is none of this name, or not for these eyes: our own id is not told."""
    return NotFound(name.resource.split(".")[-1], f"{name.system}/{name.external_id}")


async def add_external_id(tx: AsyncConnection, name: ExternalId, record_id: UUID) -> None:
    """Let a record of ours go by this name too; one it has already is no news.

    Raises Conflict (EXTERNAL_ID_TAKEN): another record goes by it; (STALE_WRITE): an import has
    just taken it.
    """
    await lock_external_id(tx, name)
    known = await find_external_id(tx, name)
    if known is None:
        await _insert(tx, name, record_id, None)
    elif known.record_id != record_id:
        raise Conflict("EXTERNAL_ID_TAKEN", system=name.system, external_id=name.external_id)


async def forget_external_ids(tx: AsyncConnection, resource: str, record_id: UUID) -> None:
    """A record is gone for good: its names are free for another one."""
    mine = (external_ids.c.resource == resource) & (external_ids.c.record_id == record_id)
    await tx.execute(delete(external_ids).where(mine))


async def _insert(
    tx: AsyncConnection, name: ExternalId, record_id: UUID, source_updated_at: datetime | None
) -> None:
    """Imports claim names without our lock: who comes second is to come again."""
    values = {**vars(name), "record_id": record_id, "source_updated_at": source_updated_at}
    new = insert(external_ids).values(values).on_conflict_do_nothing()
    if (await tx.execute(new.returning(external_ids.c.record_id))).one_or_none() is None:
        raise Conflict("STALE_WRITE", what=external_ids.name, key=name.external_id)


async def _advance(tx: AsyncConnection, name: ExternalId, source_updated_at: datetime) -> None:
    mine = update(external_ids).filter_by(**vars(name))
    await tx.execute(mine.values(source_updated_at=source_updated_at))
