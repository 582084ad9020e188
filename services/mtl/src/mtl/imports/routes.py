"""Imports over HTTP: open, send the file, start, look."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from chassis.auth import Caller, allow
from chassis.bodies import MoveIn
from chassis.clock import Now
from chassis.context import current
from chassis.pages import Page, PageParams, fetch_page
from chassis.routing import new_router
from chassis.texts import Texts
from chassis.transaction import Tx
from mtl.imports import actions, store
from mtl.imports.domain.files import MAX_BYTES
from mtl.imports.domain.findings import Finding
from mtl.imports.domain.runs import Import, ImportState, Outcome
from mtl.imports.schemas import CountsOut, FindingOut, ImportIn, ImportOut, ImportRowOut

router = new_router("/imports", tag="imports")

READ, WRITE = [allow("mtl.import.read")], [allow("mtl.import.write")]
CSV = {
    "x-max-body-bytes": MAX_BYTES,
    "requestBody": {
        "required": True,
        "description": "CSV (RFC 4180), comma-separated, UTF-8 with or without BOM, with a header",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "姓名,手机\n王芳,13800138000\n"}
        },
    },
}


async def _body(request: Request) -> bytes:
    return await request.body()


# A dependency, and before `Tx`: a slow upload must not hold a transaction open.
File = Annotated[bytes, Depends(_body)]


@router.post("", status_code=201, dependencies=WRITE, summary="Open an import")
async def import_create(
    request: Request, response: Response, body: ImportIn, tx: Tx, now: Now, caller: Caller
) -> ImportOut:
    run = await actions.open_import(
        tx,
        kind=body.kind,
        file_name=body.file_name,
        mapping=body.mapping,
        actor=caller.subject,
        now=now,
    )
    response.headers["Location"] = f"/mtl/v1/imports/{run.id}"
    return _shown(request, run)


@router.get("", dependencies=READ, summary="List imports, newest first")
async def import_list(
    request: Request,
    tx: Tx,
    page: PageParams,
    state: Annotated[ImportState | None, Query()] = None,
) -> Page[ImportOut]:
    query = store.listed(state=state)
    return await fetch_page(tx, query, page, shape=lambda row: _shown(request, store.shaped(row)))


@router.get("/{import_id}", dependencies=READ, summary="How far an import is")
async def import_get(request: Request, import_id: UUID, tx: Tx) -> ImportOut:
    return _shown(request, await store.get(tx, import_id))


@router.put("/{import_id}/file", dependencies=WRITE, openapi_extra=CSV, summary="Send the file")
async def import_put_file(
    request: Request, import_id: UUID, content: File, tx: Tx, now: Now
) -> ImportOut:
    """In place of an earlier one, as long as the import is not started. It is read by the job."""
    return _shown(request, await actions.put_file(tx, import_id, content, now=now))


@router.post("/{import_id}/start", dependencies=WRITE, summary="Start it; it goes on as a job")
async def import_start(
    request: Request, import_id: UUID, tx: Tx, now: Now, body: MoveIn | None = None
) -> ImportOut:
    return _shown(request, await actions.start_import(tx, import_id, now=now))


@router.post("/{import_id}/cancel", dependencies=WRITE, summary="Stop it; what is in stays in")
async def import_cancel(
    request: Request, import_id: UUID, tx: Tx, now: Now, body: MoveIn | None = None
) -> ImportOut:
    return _shown(request, await actions.cancel_import(tx, import_id, now=now))


@router.get("/{import_id}/refusals", dependencies=READ, summary="Rows refused, in their order")
async def import_refusals(
    request: Request, import_id: UUID, tx: Tx, page: PageParams
) -> Page[ImportRowOut]:
    await store.get(tx, import_id)
    return await _rows(request, tx, page, import_id, Outcome.REFUSED)


@router.get(
    "/{import_id}/warnings", dependencies=READ, summary="Rows accepted with something left out"
)
async def import_warnings(
    request: Request, import_id: UUID, tx: Tx, page: PageParams
) -> Page[ImportRowOut]:
    await store.get(tx, import_id)
    return await _rows(request, tx, page, import_id, Outcome.WARNED)


async def _rows(
    request: Request, tx: Tx, page: PageParams, import_id: UUID, outcome: Outcome
) -> Page[ImportRowOut]:
    def shape(row: Mapping[str, Any]) -> ImportRowOut:
        findings = [Finding(**finding) for finding in row["findings"]]
        return ImportRowOut(row=row["row"], errors=_said(request, findings))

    query = store.rows_of(import_id, outcome)
    return await fetch_page(tx, query, page, sort=store.BY_ROW, shape=shape)


def _shown(request: Request, run: Import) -> ImportOut:
    counts = CountsOut(
        total=run.total,
        processed=run.processed,
        accepted=run.accepted,
        refused=run.refused,
        with_warnings=run.with_warnings,
    )
    return ImportOut(**{**vars(run), "counts": counts, "failures": _said(request, run.failures)})


def _said(request: Request, findings: Iterable[Finding]) -> list[FindingOut]:
    """Findings in the caller's language."""
    texts: Texts = request.app.state.texts
    return [
        FindingOut(
            column=finding.column,
            code=finding.code,
            message=texts.say(finding.code, finding.params, current().language),
            params=dict(finding.params),
        )
        for finding in findings
    ]
