"""Saved views over HTTP: `/{service}/v1/saved-views`, each person's own."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.foundation.clock import Now
from chassis.records.lists.listing import find_listing, listings_of
from chassis.records.lists.saved_views import (
    SavedView,
    add_view,
    delete_view,
    edit_view,
    get_view,
    saved_views_query,
)
from chassis.web.auth import Caller
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Invalid, Violation
from kernel.ids import new_id

IGNORED_PARAMETERS = (
    "view",
    "cursor",
    "limit",
)  # of a query: a view is not a page, nor of another view

ViewName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
ViewQuery = Annotated[
    str, Field(max_length=2000, description="As in the address: `stage=DOING&sort=-due_date`")
]
ViewFields = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]


class SavedViewEdit(BaseModel):
    """All that a PATCH may change."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    name: ViewName
    query: ViewQuery = ""
    fields: ViewFields = []
    is_default: bool = False


class SavedViewIn(SavedViewEdit):
    """A new view."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "collection": "accounts",
                    "name": "本季新增",
                    "query": "created_at__gte=2026-10-01T00:00:00%2B08:00&sort=-created_at",
                    "fields": ["name", "created_at"],
                    "is_default": True,
                }
            ]
        },
    )
    collection: Annotated[str, Field(max_length=100, description="A list, as in its address")]


class SavedViewOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    collection: str
    name: str
    query: str
    fields: list[str]
    is_default: bool
    version: int
    created_at: datetime
    updated_at: datetime


def saved_view_router(service: str) -> APIRouter:
    """The five routes of a service's saved views."""
    router = new_router("/saved-views", tag="saved views")

    @router.post("", status_code=201)
    async def saved_view_create(
        body: SavedViewIn, tx: Tx, now: Now, caller: Caller, response: Response
    ) -> SavedViewOut:
        """Keep a view of a list under a name."""
        view = SavedView(
            id=new_id(), subject=caller.subject, created_at=now, updated_at=now, **body.model_dump()
        )
        saved = await add_view(tx, validated_view(service, view))
        response.headers["Location"] = f"/{service}/v1/saved-views/{saved.id}"
        return SavedViewOut.model_validate(saved)

    @router.get("")
    async def saved_view_list(
        tx: Tx,
        page: PageParams,
        caller: Caller,
        collection: Annotated[str | None, Query(max_length=100)] = None,
    ) -> Page[SavedViewOut]:
        """The caller's views, newest first."""
        query = saved_views_query(caller.subject, collection)
        return await fetch_page(tx, query, page, shape=lambda row: SavedViewOut(**row))

    @router.get("/{view_id}")
    async def saved_view_get(view_id: UUID, tx: Tx, caller: Caller) -> SavedViewOut:
        """Read a view of the caller's."""
        return SavedViewOut.model_validate(await get_view(tx, view_id, caller.subject))

    @router.patch("/{view_id}")
    async def saved_view_edit(
        view_id: UUID,
        body: MergePatch[SavedViewEdit],
        tx: Tx,
        now: Now,
        caller: Caller,
        if_match: IfMatch,
    ) -> SavedViewOut:
        """Change what the body names."""
        before = await get_view(tx, view_id, caller.subject)
        after = validated_view(service, body.applied(before))
        saved = await edit_view(tx, before, after, expected=if_match, now=now)
        return SavedViewOut.model_validate(saved)

    @router.delete("/{view_id}", status_code=204)
    async def saved_view_delete(view_id: UUID, tx: Tx, caller: Caller, if_match: IfMatch) -> None:
        """Forget a view."""
        view = await get_view(tx, view_id, caller.subject)
        await delete_view(tx, view, expected=if_match)

    return router


def validated_view(service: str, view: SavedView) -> SavedView:
    """The view as its list can show it, without what chooses a page.

    Raises Invalid (VALUE_UNKNOWN, and whatever is wrong with the query, at `/query`).
    """
    listing = find_listing(service, view.collection)
    if listing is None:
        known = sorted(one.collection for one in listings_of(service))
        raise Invalid([Violation("/collection", "VALUE_UNKNOWN", {"expected": known})])
    pairs = parse_qsl(view.query.removeprefix("?"), keep_blank_values=True)
    kept = urlencode([(name, value) for name, value in pairs if name not in IGNORED_PARAMETERS])
    names = list(listing.shows.model_fields)
    violations = [
        Violation(f"/fields/{place}", "VALUE_UNKNOWN", {"expected": names})
        for place, name in enumerate(view.fields)
        if name not in names
    ]
    try:
        listing.asked(kept)
    except Invalid as refused:
        violations += [
            Violation("/query", v.code, {**v.params, "parameter": v.pointer.removeprefix("?")})
            for v in refused.violations
        ]
    if violations:
        raise Invalid(violations)
    return replace(view, query=kept)
