"""Routes that read and write records by external id."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import ensure_row
from chassis.foundation.clock import Now
from chassis.foundation.strict_json import normalized_text
from chassis.records.access.guards import may_read, may_write
from chassis.records.access.parents import ensure_parent
from chassis.records.access.visibility import Access, ScopedResource, UnownedResource
from chassis.records.codes import QueryInstant
from chassis.records.external_ids.actions import (
    ExternalId,
    add_external_id,
    record_id_by_external_id,
)
from chassis.records.external_ids.puts import (
    ExternallyReadResource,
    ExternallyWrittenResource,
    check_external_access,
    external_name_only,
    put_by_external_id,
)
from chassis.records.external_ids.references import refer
from chassis.records.external_ids.tables import external_ids
from chassis.web.auth import Caller, allow
from chassis.web.commands import CreateCommand, PutCommand
from chassis.web.routing import new_router
from chassis.web.transaction import Tx

SYSTEM_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,49}$"
EXTERNAL_ID_PATTERN = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,198}[^\s\x00-\x1f\x7f])?$"

SystemName = Annotated[
    str, Path(pattern=SYSTEM_PATTERN, description="The other system, e.g. `sap`")
]
ExternalIdValue = Annotated[
    str,
    StringConstraints(pattern=EXTERNAL_ID_PATTERN),
    BeforeValidator(normalized_text),
    Path(description="What it calls the record"),
]
SourceUpdatedAt = Annotated[
    QueryInstant | None,
    Query(description="When the source changed it; what is older than we know changes nothing"),
]


class ExternalIdIn(BaseModel):
    """An external id to add to a record."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"system": "sap", "external_id": "0001000042"}]},
    )
    system: Annotated[str, Field(pattern=SYSTEM_PATTERN)]
    external_id: Annotated[str, Field(pattern=EXTERNAL_ID_PATTERN)]


class ExternalIdOut(BaseModel):
    """The id of the record in another system."""

    model_config = ConfigDict(from_attributes=True)
    system: str
    external_id: str
    source_updated_at: datetime | None
    created_at: datetime


class ExternalIds(BaseModel):
    """All external ids of a record."""

    items: list[ExternalIdOut]


def external_id_router(way: ExternallyWrittenResource[Any, Any]) -> APIRouter:
    """Return the routes of external ids.

    These are `PUT|GET {collection}/by-external-id/{system}/{id}` and
    `GET|POST {collection}/{id}/external-ids`.
    """
    router = new_router(way.collection, tag=way.collection.strip("/"))
    _add_put(router, way)
    _add_get(router, way)
    _add_names(router, way)
    return router


def external_id_read_router(way: ExternallyReadResource) -> APIRouter:
    """Return the routes of `external_id_router` without the PUT."""
    router = new_router(way.collection, tag=way.collection.strip("/"))
    _add_get(router, way)
    _add_names(router, way)
    return router


def _add_put(router: APIRouter, way: ExternallyWrittenResource[Any, Any]) -> None:
    resource, name = way.scoped.resource, way.scoped.name
    scope = [allow(f"{resource}.write")]
    body_type, answer = way.body, way.answer

    @router.put(
        "/by-external-id/{system}/{external_id:path}",
        name=f"{name}_put_by_external_id",
        dependencies=scope,
        responses={201: {"model": answer, "description": "There was none of this name"}},
    )
    async def put(
        system: SystemName,
        external_id: ExternalIdValue,
        body: body_type,  # type: ignore[valid-type]  # FastAPI reads it at run time
        command: PutCommand,
        response: Response,
        source_updated_at: SourceUpdatedAt = None,
    ) -> answer:  # type: ignore[valid-type]  # the same
        """Create or replace the record with this external id.

        `If-Match` is optional; with a version it replaces that version only, with `*` any version,
        and in both cases it creates nothing. `If-None-Match: *` creates, and replaces nothing. A
        deleted record counts as none for `*`; it is restored.
        """
        name = ExternalId(resource, system, external_id)
        written = await put_by_external_id(way, command, name, body, source_updated_at)
        if written.created:
            response.status_code = 201
        return answer.model_validate(written.record)


def _add_get(router: APIRouter, way: ExternallyReadResource) -> None:
    scoped, answer = way.scoped, way.answer
    scope = [allow(f"{scoped.resource}.read")]

    @router.get(
        "/by-external-id/{system}/{external_id:path}",
        name=f"{scoped.name}_get_by_external_id",
        dependencies=scope,
    )
    async def get(
        system: SystemName, external_id: ExternalIdValue, tx: Tx, now: Now, caller: Caller
    ) -> answer:  # type: ignore[valid-type]  # FastAPI reads it at run time
        """Get the record with this external id."""
        name = ExternalId(scoped.resource, system, external_id)
        record_id = await record_id_by_external_id(tx, name)
        with external_name_only(name):
            await check_external_access(tx, caller, scoped, record_id, Access.READ, now)
            if way.read is not None:
                return answer.model_validate(await way.read(tx, record_id, caller, now))
            return answer.model_validate(await way.get(tx, record_id))


def _guards(resource: ScopedResource | UnownedResource) -> tuple[Any, Any]:
    """Return the dependencies of the external id routes: for reading and for adding."""
    if isinstance(resource, ScopedResource):
        return may_read(resource), may_write(resource)
    return allow(f"{resource.resource}.read"), allow(f"{resource.resource}.write")


def _add_names(router: APIRouter, way: ExternallyReadResource) -> None:
    scoped = way.scoped
    path, name = "/{record_id}/external-ids", scoped.name
    reading, writing = _guards(scoped)

    @router.get(path, name=f"{name}_external_ids", dependencies=[reading])
    async def names(record_id: UUID, tx: Tx) -> ExternalIds:
        """List the external ids of a record."""
        # For callers who see all rows, the guard does not check existence. A deleted record keeps
        # its external ids, and they are shown as its history is.
        await ensure_row(tx, scoped.table, record_id, scoped.name)
        return await _names(tx, scoped.resource, record_id)

    @router.post(path, status_code=201, name=f"{name}_add_external_id", dependencies=[writing])
    async def add(record_id: UUID, body: ExternalIdIn, command: CreateCommand) -> ExternalIds:
        """Add an external id to a record.

        A record that shows its external ids gets a new version.
        """
        tx = command.tx
        record = await way.get(tx, record_id)
        await ensure_parent(tx, scoped, record_id)
        external_id = ExternalId(scoped.resource, body.system, body.external_id)
        await add_external_id(tx, external_id, record_id)
        await refer(command, external_id, record)
        return await _names(tx, scoped.resource, record_id)


async def _names(tx: AsyncConnection, resource: str, record_id: UUID) -> ExternalIds:
    query = (
        select(external_ids)
        .where(external_ids.c.resource == resource, external_ids.c.record_id == record_id)
        .order_by(external_ids.c.system, external_ids.c.external_id)
    )
    rows = (await tx.execute(query)).all()
    return ExternalIds(items=[ExternalIdOut.model_validate(row) for row in rows])
