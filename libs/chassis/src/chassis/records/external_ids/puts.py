"""Writes of records by external id: what a PUT does, under the precondition of its request."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import Entity
from chassis.foundation.refusals import PreconditionFailed
from chassis.records.access.guards import check_access
from chassis.records.access.visibility import Access, ScopedResource, UnownedResource
from chassis.records.custom_fields.values import ensure_required
from chassis.records.external_ids.actions import (
    ExternalId,
    Upserted,
    external_id_not_found,
    upsert,
)
from chassis.records.external_ids.references import refer
from chassis.records.record_types import lock_first
from chassis.web.auth import Principal
from chassis.web.commands import Command
from kernel.errors import NotFound

B = TypeVar("B", bound=BaseModel)
E = TypeVar("E", bound=Entity)


@dataclass(frozen=True, kw_only=True)
class ExternallyReadResource:
    """How a resource is read by external id; `answer` is built from the record.

    For records that no other system writes, such as documents that follow from others. `read` is
    for records whose content depends on the caller; otherwise `get` answers.
    """

    scoped: ScopedResource | UnownedResource
    collection: str
    answer: type[BaseModel]
    get: Callable[[AsyncConnection, UUID], Awaitable[Any]]
    read: Callable[[AsyncConnection, UUID, Principal, datetime], Awaitable[Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class ExternallyWrittenResource(ExternallyReadResource, Generic[B, E]):
    """How a resource is also written by external id.

    `create` and `update` take the whole body, as PUT requires. With `restore`, a deleted record is
    restored when the other system writes it again.
    """

    body: type[B]
    create: Callable[[Command, B], Awaitable[E]]
    update: Callable[[Command, UUID, B], Awaitable[E]]
    restore: Callable[[Command, UUID], Awaitable[E]] | None = None


async def put_by_external_id(
    way: ExternallyWrittenResource[Any, E],
    command: Command,
    name: ExternalId,
    body: Any,
    source_updated_at: datetime | None,
) -> Upserted[E]:
    """Create or replace the record with this external id, by the precondition of the command.

    Raises what `upsert` raises, PreconditionFailed (RECORD_ABSENT, RECORD_PRESENT).
    """
    put = _Put(way, command, body, name)
    await lock_first(command.tx, name.resource)
    with external_name_only(name):
        written = await upsert(
            command.tx,
            name,
            create=put.create,
            update=put.replace,
            restore=put.restore if way.restore else None,
            get=put.get,
            source_updated_at=source_updated_at,
        )
    if not written.created:
        return written
    return replace(written, record=await refer(command, name, written.record))


class _Put(Generic[B, E]):
    """The request of a PUT: what it does to the record that has its external id, or has none."""

    def __init__(
        self,
        way: ExternallyWrittenResource[B, E],
        command: Command,
        body: B,
        name: ExternalId,
    ) -> None:
        self._way, self._command, self._body, self._name = way, command, body, name

    async def create(self) -> E:
        self._command.expected.check_absent()
        named = replace(self._command, named=(self._name.reference,))
        return await self._way.create(named, self._body)

    async def replace(self, record_id: UUID) -> E:
        await self._check(record_id, Access.WRITE)
        await self._refuse_present(record_id)
        fields: Any = self._body
        if "custom_fields" in self._way.body.model_fields:
            resource = self._way.scoped.resource
            await ensure_required(self._command.tx, resource, fields.custom_fields)
        return await self._way.update(self._command, record_id, self._body)

    async def restore(self, record_id: UUID) -> E:
        """Restore a deleted record: none that `*` matches, though it has a version."""
        await self._check(record_id, Access.WRITE)
        expected = self._command.expected
        if expected.versions is None:
            expected.check_absent()
            self._command = self._command.unconditional
        assert self._way.restore is not None, "else nothing restores"
        restored = await self._way.restore(self._command, record_id)
        self._command = self._command.unconditional  # the precondition held for the deleted record
        return restored

    async def get(self, record_id: UUID) -> E:
        await self._check(record_id, Access.READ)
        await self._refuse_present(record_id)
        record: E = await self._way.get(self._command.tx, record_id)
        return record

    async def _refuse_present(self, record_id: UUID) -> None:
        if self._command.expected.exists is False:
            await self._way.get(self._command.tx, record_id)  # raises NotFound for a deleted one
            raise PreconditionFailed("RECORD_PRESENT")

    async def _check(self, record_id: UUID, access: Access) -> None:
        command = self._command
        assert command.caller is not None, "somebody writes the record"
        await check_external_access(
            command.tx, command.caller, self._way.scoped, record_id, access, command.now
        )


@contextmanager
def external_name_only(name: ExternalId) -> Iterator[None]:
    """Replace a NotFound by one that names the external id only, not the internal id."""
    try:
        yield
    except NotFound as hidden:
        if hidden.code != external_id_not_found(name).code:
            raise
        raise external_id_not_found(name) from None


async def check_external_access(
    tx: AsyncConnection,
    caller: Principal,
    resource: ScopedResource | UnownedResource,
    record_id: UUID,
    access: Access,
    now: datetime,
) -> None:
    """Check the access to a record, where records have owners. Raises NotFound, Forbidden."""
    if isinstance(resource, ScopedResource):
        await check_access(tx, caller, resource, record_id, access, now)
