"""The HTTP API of merges, and where a merged lead is found afterwards."""

import re
from collections.abc import AsyncIterator, Sequence
from typing import Final, NoReturn
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute

from chassis.foundation.clock import Now
from chassis.foundation.refusals import Moved
from chassis.records.access.guards import check_access, may_read, may_write
from chassis.records.access.visibility import Access
from chassis.web.admission import READ_ONLY
from chassis.web.auth import Caller, allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, Command, CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Conflict, NotFound
from mtl.leads.domain.merged import LeadIsMerged
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.survivors import survivor_of
from mtl.merges import actions, store
from mtl.merges.schemas import MergeIn, MergeOut, MergePreviewIn, MergePreviewOut
from mtl.merges.views import preview_of, visible_survivor

router = new_router("/leads", tag="merges")
merge_router = new_router("/merges", tag="merges")


@router.post(
    "/{lead_id}/merge/preview",
    dependencies=[may_write(LEADS)],
    summary="What a merge of leads would make of them",
    openapi_extra=READ_ONLY,
)
async def lead_merge_preview(
    lead_id: UUID, body: MergePreviewIn, command: CreateCommand
) -> MergePreviewOut:
    """Show for each field which value the lead of the path would get, why, and what is left out.

    Its own value counts unless another one is pinned; else that of the most complete, the best
    graded, the newest lead. Address and source are taken as a whole, phones, mails, attributes and
    custom fields are united. Nothing is stored.
    """
    body.ensure_distinct(lead_id)
    await actions.check_merge_access(command, body.lead_ids)
    return await preview_of(command.tx, lead_id, body.lead_ids, body.pinned)


@router.post(
    "/{lead_id}/merge", dependencies=[may_write(LEADS)], summary="Merge leads into this one"
)
async def lead_merge(lead_id: UUID, body: MergeIn, command: ChangeCommand) -> MergeOut:
    """Merge leads into the one of the path, with all that belongs to them; it can be undone.

    `If-Match` is its version; each other lead has its own in the body (409 `MERGED_LEAD_CHANGED`).
    The other leads are found at this one from now on. Converted leads are not merged.
    """
    body.ensure_distinct(lead_id)
    versions = {one.lead_id: one.version for one in body.leads}
    merge_id = await actions.merge_leads(command, lead_id, versions, body.pinned)
    return MergeOut.of(await store.shown_merge(command.tx, merge_id))


@router.get(
    "/{lead_id}/merges",
    dependencies=[may_read(LEADS)],
    summary="The merges into a lead, newest first",
)
async def lead_merges(lead_id: UUID, tx: Tx, page: PageParams) -> Page[MergeOut]:
    """List the merges into a lead, also those that were undone."""
    await LEAD.get(tx, lead_id, with_deleted=True)
    query = store.merges_query().where(store.lead_merges.c.survivor_id == lead_id)
    return await fetch_page(tx, query, page, shape=MergeOut.of)


@merge_router.post(
    "/{merge_id}/undo", dependencies=[allow("mtl.lead.write")], summary="Undo a merge of leads"
)
async def merge_undo(
    merge_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> MergeOut:
    """Give each merged lead back what was its own; what came since stays with the survivor.

    Fields that were edited since the merge stay as well: `kept` names them. A merge on which a
    later one builds is undone after that one (409 `MERGE_FOLLOWED`). One that is undone stays so.
    """
    await _check_survivor(command, merge_id)
    await actions.undo_merge(command, merge_id)
    return MergeOut.of(await store.shown_merge(command.tx, merge_id))


async def _check_survivor(command: Command, merge_id: UUID) -> None:
    """Check that the caller may change the survivor. Raises NotFound for the merge, Forbidden."""
    assert command.caller is not None, "somebody undoes the merge"
    lead_id = (await store.get_merge(command.tx, merge_id)).survivor_id
    try:
        await check_access(command.tx, command.caller, LEADS, lead_id, Access.WRITE, command.now)
    except NotFound:
        raise NotFound("merge", merge_id) from None


LEAD_IN_PATH: Final = re.compile(r"/leads/\{\w+\}")
MOVED: Final = {
    "description": "The lead was merged into another one, which the caller sees: `Location` is the "
    "same address of that one. No cache may keep the answer",
    "headers": {"Location": {"schema": {"type": "string"}}},
}


async def follow_merges(request: Request, tx: Tx, now: Now, caller: Caller) -> AsyncIterator[None]:
    """Answer a request for a merged lead by its survivor, if the caller sees that one.

    A read is redirected; a change is refused with the survivor's id. Without it, a read finds
    nothing. The route has checked the caller's scope before. Raises Moved, Conflict (LEAD_MERGED),
    NotFound.
    """
    named, reads = _lead_in_path(request), request.method in ("GET", "HEAD")
    try:
        yield
    except (LeadIsMerged, NotFound) as refused:
        merged_id = _merged_id(refused)
        survivor_id = await visible_survivor(tx, merged_id, caller, now) if merged_id else None
        if merged_id is None or (survivor_id is None and isinstance(refused, NotFound)):
            raise
        _refuse(request, merged_id, survivor_id)
    else:
        # Some parts of a lead, such as its audit, are read without the lead.
        is_part = reads and not request.url.path.endswith(f"/leads/{named}")
        if named is not None and is_part and await survivor_of(tx, named) != named:
            _refuse(request, named, await visible_survivor(tx, named, caller, now))


def _refuse(request: Request, merged_id: UUID, survivor_id: UUID | None) -> NoReturn:
    if request.method not in ("GET", "HEAD"):
        ids = {"lead_id": str(merged_id), "survivor_id": str(survivor_id)}
        raise Conflict("LEAD_MERGED", **ids if survivor_id else {}) from None
    if survivor_id is None or merged_id != _lead_in_path(request):
        raise NotFound("lead", merged_id) from None
    path: str = request.scope.get("requested_path", request.url.path)
    written = str(next(iter(request.path_params.values())))
    query = f"?{request.url.query}" if request.url.query else ""
    location = path.replace(written, str(survivor_id), 1) + query
    raise Moved("LEAD_MERGED", location=location) from None


def _lead_in_path(request: Request) -> UUID | None:
    """Return the lead that a request names in its path, if it names one."""
    value = str(next(iter(request.path_params.values()), ""))
    try:
        return UUID(value) if f"/leads/{value}" in request.url.path else None
    except ValueError:
        return None


def _merged_id(refused: LeadIsMerged | NotFound) -> UUID | None:
    """Return the lead that was not found, or was found to be merged."""
    if isinstance(refused, LeadIsMerged):
        return refused.lead_id
    try:
        return UUID(refused.params["key"]) if refused.code == "LEAD_NOT_FOUND" else None
    except ValueError:
        return None


def following_merges(routers: Sequence[APIRouter]) -> Sequence[APIRouter]:
    """Return the same routers, whose routes answer for merged leads by their survivors.

    All of their callers have tokens. The documents of reads say that they may be redirected.
    """
    for route in (one for inner in routers for one in inner.routes):
        if isinstance(route, APIRoute) and _reads_a_lead(route):
            route.responses = {307: MOVED, **route.responses}
    followed = [APIRouter(dependencies=[Depends(follow_merges, scope="function")]) for _ in routers]
    for outer, inner in zip(followed, routers, strict=True):
        outer.include_router(inner)
    return followed


def _reads_a_lead(route: APIRoute) -> bool:
    return "GET" in (route.methods or ()) and LEAD_IN_PATH.search(route.path) is not None


ROUTERS = (router, merge_router)
