"""The endpoints of imports: create, upload, preview, start, watch, and fetch the results."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse
from pydantic import create_model

from chassis.database.engine import Database
from chassis.files.imports import actions, store
from chassis.files.imports.custom_columns import target_with_custom_fields
from chassis.files.imports.previews import build_preview, check_preview
from chassis.files.imports.progress_stream import import_events, require_readable_import
from chassis.files.imports.responses import (
    finding_out,
    import_out,
    preview_out,
    result_row_serializer,
)
from chassis.files.imports.result_files import (
    ResultFile,
    ensure_results_available,
    stream_result_file,
)
from chassis.files.imports.schemas import ImportIn, ImportOut, ImportRowOut, MappingIn, PreviewOut
from chassis.files.imports.tables import import_runs
from chassis.files.imports.target import Imports, ImportTarget, RowOutcome
from chassis.files.imports.template_routes import TEMPLATE_RESPONSES, template_endpoint
from chassis.files.imports.uploads import CSV_RESPONSES, FILE_REQUEST, RAW_BODY, FileContent
from chassis.foundation.clock import Now
from chassis.records.access.guards import may_read, may_write
from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import Listing, RowShape
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Forbidden


def import_router(imports: Imports) -> APIRouter:
    """Return the router of a service's `/imports`."""
    router = new_router("/imports", tag="imports")
    routes, service = ImportRoutes(imports), imports.service
    scoped = ScopedResource(f"{service}.import", import_runs, owner="created_by")
    writing = [allow(f"{service}.import.write")]
    reading = [allow(f"{service}.import.read")]
    read, write = [may_read(scoped)], [may_write(scoped)]
    router.post("", status_code=201, dependencies=writing)(_create(imports))
    add_list_routes(router, _listing(scoped), shape=_row_shape)
    router.get("/templates/{resource}", dependencies=reading, responses=TEMPLATE_RESPONSES)(
        template_endpoint(imports)
    )
    router.get("/{import_id}", dependencies=read)(routes.import_get)
    router.put(
        "/{import_id}/file", dependencies=[*writing, RAW_BODY, *write], openapi_extra=FILE_REQUEST
    )(routes.import_put_file)
    router.put("/{import_id}/mapping", dependencies=write)(routes.import_put_mapping)
    router.post("/{import_id}/preview", dependencies=read)(routes.import_preview)
    router.post("/{import_id}/start", dependencies=write)(routes.import_start)
    router.post("/{import_id}/cancel", dependencies=write)(routes.import_cancel)
    router.get("/{import_id}/refusals", dependencies=read)(routes.import_refusals)
    router.get("/{import_id}/warnings", dependencies=read)(routes.import_warnings)
    router.get("/{import_id}/files/{which}", dependencies=read, responses=CSV_RESPONSES)(
        routes.import_get_file
    )
    router.get(
        "/{import_id}/events",
        dependencies=[*reading, Depends(require_readable_import(scoped))],
        response_class=EventSourceResponse,
    )(import_events)
    return router


def _listing(scoped: ScopedResource) -> Listing[ImportOut]:
    """Return the list of a service's imports, of which callers see those that they may read."""
    return Listing(
        scoped,
        ImportOut,
        collection="imports",
        filters=["state", "created_by", "resource", "created_at"],
        sorts=["created_at"],
        technical=True,
    )


def _row_shape(request: Request) -> RowShape:
    return lambda row: import_out(request, store.import_from_row(row))


def _create(imports: Imports) -> Callable[..., Awaitable[ImportOut]]:
    """Return the endpoint whose body lists the resources that this service imports."""
    names = tuple(target.resource for target in imports.targets)
    example = {"file_name": "expo-2026.csv", "resource": names[0], "mapping": {"Memo": None}}
    fields: dict[str, Any] = {"resource": (Literal[names], ...)}
    body_of_service = create_model("ImportIn", __base__=ImportIn, **fields)
    schema_extra: Any = {"example": example}
    body_of_service.model_config["json_schema_extra"] = schema_extra
    body_of_service.model_rebuild(force=True)

    async def import_create(
        request: Request,
        response: Response,
        body: body_of_service,  # type: ignore[valid-type]  # built from this service's resources
        tx: Tx,
        now: Now,
        caller: Caller,
    ) -> ImportOut:
        """Create an import."""
        requested: ImportIn = body
        target = await target_with_custom_fields(tx, imports, requested.resource)
        _ensure_may(caller, target)
        run = await actions.open_import(
            tx,
            target,
            file_name=requested.file_name,
            mapping=requested.mapping,
            sheet=requested.sheet,
            encoding=requested.encoding,
            dry_run=requested.dry_run,
            caller=caller,
            now=now,
        )
        response.headers["Location"] = f"/{imports.service}/v1/imports/{run.id}"
        return import_out(request, run)

    return import_create


def _ensure_may(caller: Principal, target: ImportTarget[Any]) -> None:
    """Ensure that the caller may write the imported records. Raises Forbidden (SCOPE_MISSING)."""
    missing = [scope for scope in target.scopes if not caller.may(scope)]
    if missing:
        raise Forbidden("SCOPE_MISSING", scopes=missing)


class ImportRoutes:
    """The endpoints of one service's imports."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports

    async def import_get(self, request: Request, import_id: UUID, tx: Tx) -> ImportOut:
        """Read an import and its progress."""
        return import_out(request, await store.get(tx, import_id))

    async def import_put_file(
        self,
        request: Request,
        import_id: UUID,
        content: FileContent,
        tx: Tx,
        now: Now,
        caller: Caller,
    ) -> ImportOut:
        """Upload the file.

        It replaces an earlier one until the import is started. Only the creator of the import may
        upload it.
        """
        run = await actions.upload_file(tx, import_id, content, caller=caller, now=now)
        return import_out(request, run)

    async def import_put_mapping(
        self, request: Request, import_id: UUID, body: MappingIn, tx: Tx, now: Now, caller: Caller
    ) -> ImportOut:
        """Replace the column mapping; only the creator of the import may do so.

        An `encoding` is replaced too, if it is given.
        """
        run = await actions.replace_mapping(
            tx,
            self._imports,
            import_id,
            body.mapping,
            encoding=body.encoding,
            caller=caller,
            now=now,
        )
        return import_out(request, run)

    async def import_preview(
        self, request: Request, import_id: UUID, tx: Tx, body: MappingIn | None = None
    ) -> PreviewOut:
        """Preview the first rows of the file.

        The mapping and the encoding of the body are used, else those of the import. If the
        encoding is in doubt, `candidates` shows the first lines in each one that is possible.
        """
        run = await store.get(tx, import_id)
        target = await target_with_custom_fields(tx, self._imports, run.resource)
        requested = body or MappingIn()
        mapping = run.mapping if requested.mapping is None else requested.mapping
        actions.validate_mapping(target, mapping)
        content = await store.get_file(tx, import_id)
        preview = await asyncio.to_thread(
            build_preview,
            content,
            target,
            mapping=mapping,
            sheet=run.sheet,
            encoding=requested.encoding or run.encoding,
            languages=await store.tenant_languages(tx),
        )
        preview = await check_preview(tx, preview, target)
        return preview_out(request, preview, target)

    async def import_start(
        self,
        request: Request,
        import_id: UUID,
        tx: Tx,
        now: Now,
        caller: Caller,
        if_match: IfMatch,
        body: EmptyBody | None = None,
    ) -> ImportOut:
        """Start the import as a background job.

        An import whose job failed resumes where it stopped. Only the creator may start it; it runs
        with the rights the creator has at that moment.
        """
        target = self._imports.target((await store.get(tx, import_id)).resource)
        _ensure_may(caller, target)
        run = await actions.start_import(
            tx, self._imports, import_id, caller=caller, now=now, expected=if_match
        )
        return import_out(request, run)

    async def import_cancel(
        self,
        request: Request,
        import_id: UUID,
        tx: Tx,
        now: Now,
        if_match: IfMatch,
        body: EmptyBody | None = None,
    ) -> ImportOut:
        """Cancel the import; rows already imported stay.

        The version changes with every chunk: send `If-Match: *` to cancel regardless of it.
        """
        run = await actions.cancel_import(tx, self._imports, import_id, now=now, expected=if_match)
        return import_out(request, run)

    async def import_refusals(
        self, request: Request, import_id: UUID, tx: Tx, page: PageParams
    ) -> Page[ImportRowOut]:
        """List the refused rows, in file order."""
        (await store.get(tx, import_id)).ensure_not_expired()
        query = store.results_query(import_id, outcome=RowOutcome.REFUSED)
        return await fetch_page(
            tx, query, page, sort=store.BY_ROW, shape=result_row_serializer(request)
        )

    async def import_warnings(
        self, request: Request, import_id: UUID, tx: Tx, page: PageParams
    ) -> Page[ImportRowOut]:
        """List the accepted rows that have warnings, in file order."""
        (await store.get(tx, import_id)).ensure_not_expired()
        query = store.results_query(import_id, warned=True)
        return await fetch_page(
            tx, query, page, sort=store.BY_ROW, shape=result_row_serializer(request)
        )

    async def import_get_file(
        self, request: Request, import_id: UUID, which: ResultFile, tx: Tx, caller: Caller
    ) -> StreamingResponse:
        """Download the successful, failed or unprocessed rows as CSV."""
        await ensure_results_available(tx, import_id)
        database: Database = request.app.state.database
        pieces = stream_result_file(
            database, caller.tenant_id, import_id, which, lambda f: finding_out(request, f).message
        )
        name = f"{import_id}-{which.value}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)
