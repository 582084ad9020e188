"""A resource: one declaration from which its routes follow.

For master data and field work. A document (quote, order, payment) has moves instead of edits: it
uses the functions of `record_commands` without this declaration.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.records.access.along import Along
from chassis.records.access.guards import may_delete, may_read, may_write
from chassis.records.access.transfers import (
    NamedRecord,
    TransferRequest,
    active_owner_name,
    assign_on_create,
)
from chassis.records.access.visibility import ScopedResource
from chassis.records.external_ids.puts import ExternallyWrittenResource
from chassis.records.external_ids.routes import external_id_router
from chassis.records.lists.listing import Listing
from chassis.records.record_commands import (
    create_record,
    delete_record,
    edit_record,
    restore_record,
)
from chassis.records.record_types import Record, RecordType
from chassis.web.auth import allow
from chassis.web.commands import Command
from chassis.web.patches import MergePatch
from kernel.ids import new_id

R = TypeVar("R", bound=Record)
B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class Resource(Generic[B, R]):
    """A resource with list, get, create, merge patch, delete, restore, transfer and external ids.

    There is no delete and no restore without a column `deleted_at`, and no transfer without owners.

    `collection` is its path; `body` takes a whole new record, `edit_body` what a PATCH may change,
    and `answer` shows a record; the list shows what `listing` says. Its four commands are the
    places for business: `create` stores a record that was made from a body, with the caller as its
    owner; `edit` applies a function to a record, also for a PUT by external id and for a transfer,
    which changes `owner_id`; `delete` and `restore`. They default to the functions of
    `record_commands`. A body with `owner_id` assigns the new record to that person,
    one with `confirmed` creates it in spite of warnings. `values`
    returns the fields of a record that a body or an edit body describes, for records that have a
    field in another form than the body.
    Files are imported into it as `files.imports.resource_import` says: a row without an external id
    is the record with the same values in the fields `matched_by`, of which the first alternative
    counts that the row has every field of, else the last one. A resource whose records files cannot
    hold has `imported=False`.
    `along` is what may go along with a record to its new owner (`records.access.along`).
    With `files=True` files of desk hang on its records (`records.attachments`).
    `docs` replaces what OpenAPI says of an operation: `{"delete": "Delete ..."}`; a summary, which
    an empty line and a description may follow.
    """

    record_type: RecordType[R]
    collection: str
    listing: Listing[Any]
    body: type[B]
    edit_body: type[BaseModel]
    answer: type[BaseModel]
    create: Callable[[Command, R], Awaitable[R]] | None = None
    edit: Callable[[Command, UUID, Callable[[R], R]], Awaitable[R]] | None = None
    delete: Callable[[Command, UUID], Awaitable[Any]] | None = None
    restore: Callable[[Command, UUID], Awaitable[R]] | None = None
    values: Callable[[Any], Mapping[str, Any]] | None = None
    external_ids: bool = True
    imported: bool = True
    files: bool = False
    matched_by: tuple[tuple[str, ...], ...] = ()
    docs: Mapping[str, str] = field(default_factory=dict)
    along: Along | None = None

    @property
    def name(self) -> str:
        return self.record_type.name

    @property
    def read_guard(self) -> Any:
        """The dependency of routes that read one record."""
        scoped = self.record_type.scoped
        if isinstance(scoped, ScopedResource):
            return may_read(scoped)
        return allow(f"{scoped.resource}.read")

    @property
    def write_guard(self) -> Any:
        """The dependency of routes that change one record."""
        scoped = self.record_type.scoped
        if isinstance(scoped, ScopedResource):
            return may_write(scoped)
        return allow(f"{scoped.resource}.write")

    @property
    def delete_guard(self) -> Any:
        """The dependency of the route that deletes a record."""
        scoped = self.record_type.scoped
        if isinstance(scoped, ScopedResource):
            return may_delete(scoped)
        return allow(f"{scoped.resource}.write")

    async def create_from(self, command: Command, body: B) -> R:
        """Create a record from a body, and assign it to the owner that the body names."""
        owner_id: str | None = getattr(body, "owner_id", None)
        if owner_id is not None:
            await active_owner_name(command.tx, owner_id)
        if getattr(body, "confirmed", False):
            command = replace(command, confirmed=True)
        record = self.new_record(command, body)
        if self.create is not None:
            record = await self.create(command, record)
        else:
            record = await create_record(command, self.record_type, record)
        scoped = self.record_type.scoped
        if owner_id is None or not isinstance(scoped, ScopedResource):
            return record
        await assign_on_create(command, TransferRequest(scoped, self.transfer, owner_id), record.id)
        return await self.record_type.get(command.tx, record.id)

    def new_record(self, command: Command, body: B) -> R:
        """Return the record that a body describes, not yet stored."""
        values = {**self.values_of(body), "created_at": command.now, "updated_at": command.now}
        if isinstance(self.record_type.scoped, ScopedResource):
            values["owner_id"] = command.actor
        if "external_ids" in self.record_type.entity.__dataclass_fields__:
            values["external_ids"] = command.named
        entity: Callable[..., R] = self.record_type.entity
        return entity(id=new_id(), **values)

    async def edit_with(self, command: Command, record_id: UUID, edit: Callable[[R], R]) -> R:
        """Apply an edit by the resource's own command, or the common one."""
        if self.edit is not None:
            return await self.edit(command, record_id, edit)
        return await edit_record(command, self.record_type, record_id, edit)

    def edit_of(self, patch: MergePatch[Any]) -> Callable[[R], R]:
        """Return the edit that a merge patch describes, which raises Invalid."""
        values = self.values
        if values is None:
            return cast(Callable[[R], R], patch.applied)

        def edit(before: R) -> R:
            return replace(before, **values(patch.merged(self.edit_body.model_validate(before))))

        return edit

    async def delete_by_id(self, command: Command, record_id: UUID) -> None:
        """Delete a record by the resource's own command, or the common one."""
        if self.delete is not None:
            await self.delete(command, record_id)
        else:
            await delete_record(command, cast(RecordType[Any], self.record_type), record_id)

    async def restore_by_id(self, command: Command, record_id: UUID) -> R:
        """Restore a record by the resource's own command, or the common one."""
        if self.restore is not None:
            return await self.restore(command, record_id)
        record_type = cast(RecordType[Any], self.record_type)
        restored: R = await restore_record(command, record_type, record_id)
        return restored

    async def transfer(self, command: Command, record_id: UUID, owner_id: str, /) -> NamedRecord:
        """Change the owner of a record."""

        def give(before: R) -> R:
            return replace(before, owner_id=owner_id)

        return cast(NamedRecord, await self.edit_with(command, record_id, give))

    def values_of(self, body: B) -> dict[str, Any]:
        """Return the values of a whole body that a PUT replaces; the owner stays."""
        if self.values is not None:
            return dict(self.values(body))
        names = set(self.record_type.entity.__dataclass_fields__) - {"owner_id"}
        return {name: getattr(body, name) for name in self.body.model_fields if name in names}


def external_routes(resource: Resource[B, R]) -> APIRouter:
    """Build the routes by external id, which use the same commands as the others."""

    async def update(command: Command, record_id: UUID, body: B) -> R:
        values = resource.values_of(body)
        return await resource.edit_with(command, record_id, lambda old: replace(old, **values))

    return external_id_router(
        ExternallyWrittenResource(
            scoped=resource.record_type.scoped,
            collection=resource.collection,
            body=resource.body,
            answer=resource.answer,
            create=resource.create_from,
            update=update,
            restore=resource.restore_by_id if resource.record_type.is_deletable else None,
            get=resource.record_type.get,
        )
    )
