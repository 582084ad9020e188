"""The routes of saved views, `/{service}/v1/saved-views`; each person sees only their own."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from chassis.foundation.clock import Now
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import Listing, find_listing, listings_of
from chassis.records.lists.saved_views import (
    SavedView,
    add_view,
    delete_view,
    edit_view,
    get_view,
)
from chassis.records.lists.tables import saved_views
from chassis.web.auth import Caller
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.references import shown_fields
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from kernel.texts import TrimmedText

# Dropped from a view's query: they choose a page or another view.
IGNORED_PARAMETERS = ("view", "cursor", "limit", "page")

ViewName = Annotated[str, TrimmedText(min_length=1, max_length=100)]
ViewQuery = Annotated[
    str,
    Field(
        max_length=2000,
        description="The list's query string, such as `stage=DOING&sort=-due_date`",
    ),
]
ViewFields = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]


class SavedViewEdit(BaseModel):
    """The fields of a saved view that a PATCH may change."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    name: ViewName
    query: ViewQuery = ""
    fields: ViewFields = []
    is_default: StrictBool = False


class SavedViewIn(SavedViewEdit):
    """A new saved view."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "resource": "l2o.account",
                    "name": "本季新增",
                    "query": "created_at__gte=2026-10-01T00:00:00%2B08:00&sort=-created_at",
                    "fields": ["name", "created_at"],
                    "is_default": True,
                }
            ]
        },
    )
    resource: Annotated[str, Field(max_length=100, description="The resource whose list it is")]


class SavedViewOut(BaseModel):
    """A saved view."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    resource: str
    name: str
    query: str
    fields: list[str]
    is_default: bool
    version: int
    created_at: datetime
    updated_at: datetime


LISTING = Listing(
    saved_views,
    SavedViewOut,
    resource="saved_view",
    personal="subject",
    filters=["resource", "name", "is_default", "created_at", "updated_at"],
    sorts=["name", "created_at", "updated_at"],
    technical=True,
)


def saved_view_router(service: str) -> APIRouter:
    """Build the five routes of a service's saved views."""
    router = new_router("/saved-views", tag="saved views")

    @router.post("", status_code=201)
    async def saved_view_create(
        body: SavedViewIn, tx: Tx, now: Now, caller: Caller, response: Response
    ) -> SavedViewOut:
        """Save a view of a list under a name."""
        view = SavedView(
            id=new_id(), subject=caller.subject, created_at=now, updated_at=now, **body.model_dump()
        )
        saved = await add_view(tx, validated_view(service, view))
        response.headers["Location"] = f"/{service}/v1/saved-views/{saved.id}"
        return SavedViewOut.model_validate(saved)

    add_list_routes(router, LISTING, guard=())

    @router.get("/{view_id}")
    async def saved_view_get(view_id: UUID, tx: Tx, caller: Caller) -> SavedViewOut:
        """Get one of the caller's saved views."""
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
        """Change the given fields of a saved view."""
        before = await get_view(tx, view_id, caller.subject)
        after = validated_view(service, body.applied(before))
        saved = await edit_view(tx, before, after, expected=if_match, now=now)
        return SavedViewOut.model_validate(saved)

    @router.delete("/{view_id}", status_code=204)
    async def saved_view_delete(view_id: UUID, tx: Tx, caller: Caller, if_match: IfMatch) -> None:
        """Delete a saved view for good."""
        view = await get_view(tx, view_id, caller.subject)
        await delete_view(tx, view, expected=if_match)

    return router


def validated_view(service: str, view: SavedView) -> SavedView:
    """Validate a view against its list; return it without parameters that choose a page.

    Raises Invalid (VALUE_UNKNOWN, and every violation of the query, at `/query`).
    """
    listing = find_listing(service, view.resource)
    if listing is None:
        expected = sorted(each.resource for each in listings_of(service))
        raise Invalid([Violation("/resource", "VALUE_UNKNOWN", {"expected": expected})])
    pairs = parse_qsl(view.query.removeprefix("?"), keep_blank_values=True)
    query = urlencode([(name, value) for name, value in pairs if name not in IGNORED_PARAMETERS])
    names = shown_fields(listing.shows)
    violations = [
        Violation(f"/fields/{index}", "VALUE_UNKNOWN", {"expected": names})
        for index, name in enumerate(view.fields)
        if name not in names
    ]
    try:
        listing.parse_query(query)
    except Invalid as invalid:
        violations += [
            Violation("/query", v.code, {**v.params, "parameter": v.pointer.removeprefix("?")})
            for v in invalid.violations
        ]
    if violations:
        raise Invalid(violations)
    return replace(view, query=query)
