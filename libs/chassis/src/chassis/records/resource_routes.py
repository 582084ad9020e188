"""The routes of a declared resource."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response

from chassis.records.access.routes import access_router
from chassis.records.access.visibility import ScopedResource
from chassis.records.attachments.routes import attachment_router
from chassis.records.audit.routes import audit_router
from chassis.records.lists.expansion import Expansion, expansion_of
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.resource import Resource, external_routes
from chassis.web.auth import allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx

AnyResource = Resource[Any, Any]


def resource_routers(resource: AnyResource, *more: APIRouter) -> tuple[APIRouter, ...]:
    """Return all routers of a resource, in an order in which no path hides another.

    `more` are routers with further routes of the same collection.
    """
    scoped = resource.record_type.scoped
    routers = [external_routes(resource)] if resource.external_ids else []
    if isinstance(scoped, ScopedResource):
        transfer, along = resource.transfer, resource.along
        collection = resource.collection.strip("/")
        routers.append(access_router(scoped, collection=collection, transfer=transfer, along=along))
    if resource.files:
        routers.append(
            attachment_router(
                scoped,
                collection=resource.collection.strip("/"),
                read=resource.read_guard,
                write=resource.write_guard,
            )
        )
    router = new_router(resource.collection, tag=_tag(resource))
    add_list_routes(
        router, resource.listing, description=resource.docs.get("list", "").partition("\n\n")[2]
    )
    for add in (_add_create, _add_get, _add_edit):
        add(router, resource)
    if resource.record_type.is_deletable:
        _add_delete(router, resource)
        _add_restore(router, resource)
    audit = audit_router(
        resource.collection,
        resource=scoped.resource,
        table=scoped.table,
        dependencies=[resource.read_guard],
    )
    return (*routers, *more, router, audit)


def _tag(resource: AnyResource) -> str:
    return resource.collection.strip("/")


def _noun(resource: AnyResource) -> str:
    return resource.name.replace("_", " ")


def _with_article(resource: AnyResource) -> str:
    noun = _noun(resource)
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _options(resource: AnyResource, operation: str, summary: str, guard: Any) -> dict[str, Any]:
    """Return the name, the documentation and the guard of an operation."""
    first, _, description = resource.docs.get(operation, summary).partition("\n\n")
    options: dict[str, Any] = {"name": f"{resource.name}_{operation}", "summary": first}
    if description:
        options["description"] = description
    return options if guard is None else {**options, "dependencies": [guard]}


def _record_id(resource: AnyResource) -> Any:
    return Annotated[UUID, Path(alias=f"{resource.name}_id")]


def _add_create(router: APIRouter, resource: AnyResource) -> None:
    resource_name, body_type, answer = (
        resource.record_type.scoped.resource,
        resource.body,
        resource.answer,
    )
    location = f"/{resource_name.split('.')[0]}/v1{resource.collection}"

    @router.post(
        "",
        status_code=201,
        **_options(
            resource, "create", f"Create {_with_article(resource)}", allow(f"{resource_name}.write")
        ),
    )
    async def create(
        body: body_type,  # type: ignore[valid-type]  # FastAPI reads it at run time
        command: CreateCommand,
        response: Response,
    ) -> answer:  # type: ignore[valid-type]  # the same
        record = await resource.create_from(command, body)
        response.headers["Location"] = f"{location}/{record.id}"
        return answer.model_validate(record)


def _add_get(router: APIRouter, resource: AnyResource) -> None:
    id_type, answer = _record_id(resource), resource.answer

    @router.get(
        f"/{{{resource.name}_id}}",
        **_options(resource, "get", f"Read {_with_article(resource)}", resource.read_guard),
    )
    async def get(
        record_id: id_type,  # type: ignore[valid-type]  # the same
        tx: Tx,
        expansion: Annotated[Expansion, expansion_of(answer)],
    ) -> answer:  # type: ignore[valid-type]  # the same
        record = answer.model_validate(await resource.record_type.get(tx, record_id))
        return await expansion.expanded(tx, record)


def _add_edit(router: APIRouter, resource: AnyResource) -> None:
    id_type, answer = _record_id(resource), resource.answer
    patch_type = MergePatch[resource.edit_body]  # type: ignore[name-defined]  # the same

    @router.patch(
        f"/{{{resource.name}_id}}",
        **_options(resource, "edit", "Change the fields that the body names", resource.write_guard),
    )
    async def edit(record_id: id_type, body: patch_type, command: ChangeCommand) -> answer:  # type: ignore[valid-type]  # the same
        record = await resource.edit_with(command, record_id, resource.edit_of(body))
        return answer.model_validate(record)


def _add_delete(router: APIRouter, resource: AnyResource) -> None:
    id_type = _record_id(resource)
    summary = f"Delete {_with_article(resource)}; it can be restored"

    @router.delete(
        f"/{{{resource.name}_id}}",
        status_code=204,
        **_options(resource, "delete", summary, resource.delete_guard),
    )
    async def delete(record_id: id_type, command: ChangeCommand) -> None:  # type: ignore[valid-type]  # the same
        await resource.delete_by_id(command, record_id)


def _add_restore(router: APIRouter, resource: AnyResource) -> None:
    id_type, answer = _record_id(resource), resource.answer

    @router.post(
        f"/{{{resource.name}_id}}/restore",
        **_options(
            resource, "restore", f"Restore a deleted {_noun(resource)}", resource.write_guard
        ),
    )
    async def restore(
        record_id: id_type,  # type: ignore[valid-type]  # the same
        command: ChangeCommand,
        body: EmptyBody | None = None,
    ) -> answer:  # type: ignore[valid-type]  # the same
        return answer.model_validate(await resource.restore_by_id(command, record_id))
