"""The routes of a declared list: `GET /{collection}` and `POST /{collection}/search`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.lists.expansion import Expansion, row_shape
from chassis.records.lists.json_lines import (
    JSON_LINES_RESPONSES,
    JsonLinesResponse,
    open_stream,
    requested_json_lines,
)
from chassis.records.lists.list_page import ListPage
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing, RowShape
from chassis.records.lists.search_body import SearchRequest, search_dependency, search_model
from chassis.web.admission import READ_ONLY
from chassis.web.auth import Caller, Principal, allow
from chassis.web.pages import PageParams
from chassis.web.transaction import Tx
from kernel.errors import Invalid, Violation

Conditions = Sequence[ColumnElement[bool]]


def add_list_routes(
    router: APIRouter,
    listing: Listing[Any],
    *,
    shape: Callable[..., Any] | None = None,
    where: Callable[..., Any] | None = None,
    guard: Sequence[Any] | None = None,
    description: str = "",
) -> None:
    """Add the list and the search of a collection to its router.

    The caller needs the scope `<resource>.read`, or what the dependencies of `guard` demand, and
    gets the rows that they see. `shape` is a dependency that returns the `RowShape` of a request,
    where it depends on more than the row; `where` is one that returns further `Conditions`, and
    may read parameters of its own.
    """
    shape, where = shape or _row_shape(listing), where or _no_conditions
    names = listing.collection.replace("-", " ")
    names = f"the caller's {names}" if listing.personal else names
    answer: Any = ListPage[listing.shows]  # type: ignore[name-defined]  # known at run time only
    body = search_model(listing.noun.title().replace("_", ""), listing.options)
    answers: dict[str, Any] = {"response_model": answer, "responses": JSON_LINES_RESPONSES}
    answers |= {"description": description, "dependencies": guard}
    visible = _visibility(listing) if guard is None else Depends(_everything)

    @router.get(
        "",
        name=f"{listing.noun}_list",
        summary=f"List {names}, newest first",
        **answers,
    )
    async def list_records(
        visibility: Annotated[Visibility, visible],
        request: Request,
        tx: Tx,
        page: PageParams,
        query: Annotated[ListQuery, listing.query],
        shape: Annotated[RowShape, Depends(shape)],
        where: Annotated[Conditions, Depends(where)],
        expansion: Annotated[Expansion, Depends(_expansion)],
    ) -> Any:
        search = SearchRequest(query, page)
        return await _answer(tx, request, listing, search, visibility, shape, where, expansion)

    @router.post(
        "/search",
        name=f"{listing.noun}_search",
        summary=f"Search {names} by groups of conditions",
        openapi_extra=READ_ONLY,
        **answers,
    )
    async def search_records(
        visibility: Annotated[Visibility, visible],
        request: Request,
        tx: Tx,
        search: Annotated[SearchRequest, Depends(search_dependency(body))],
        shape: Annotated[RowShape, Depends(shape)],
        where: Annotated[Conditions, Depends(where)],
        expansion: Annotated[Expansion, Depends(_expansion)],
    ) -> Any:
        with _body_pointers():
            return await _answer(tx, request, listing, search, visibility, shape, where, expansion)


async def _answer(
    tx: AsyncConnection,
    request: Request,
    listing: Listing[Any],
    search: SearchRequest,
    visibility: Visibility,
    shape: RowShape,
    where: Conditions,
    expansion: Expansion,
) -> Any:
    """Return a page of the list, or all of it as JSON Lines if the caller accepts these."""
    query, page = search.query, search.page
    media_type = requested_json_lines(request)
    if media_type is None:
        return await listing.page(
            tx, page, query, visibility, shape=shape, where=where, expander=expansion
        )
    stream = await open_stream(
        tx, request, listing, query, page, visibility, shape, where, expansion
    )
    return JsonLinesResponse(stream, media_type)


async def _expansion(caller: Caller, now: Now) -> Expansion:
    return Expansion(caller, now)


def _visibility(listing: Listing[Any]) -> Any:
    """Return a dependency: the caller may read the resource; its value is what they see."""
    if listing.scoped is not None:
        return may_list(listing.scoped)

    async def everything(_: Annotated[Principal, allow(f"{listing.resource}.read")]) -> Visibility:
        return EVERYTHING

    return Depends(everything)


async def _everything() -> Visibility:
    return EVERYTHING


def _row_shape(listing: Listing[Any]) -> Callable[..., Any]:
    """Return a dependency whose value is the list's own shape of a row."""
    if listing.by_day is None:
        return _own_shape(listing)

    async def shape_of_today(tx: Tx, now: Now) -> RowShape:
        return await row_shape(tx, listing, now)

    return shape_of_today


def _own_shape(listing: Listing[Any]) -> Callable[..., Any]:
    async def own_shape() -> RowShape:
        return listing.shape

    return own_shape


async def _no_conditions() -> Conditions:
    return ()


@contextmanager
def _body_pointers() -> Iterator[None]:
    """Let violations of parameters (`?cursor`) point to the body of a search (`/cursor`)."""
    try:
        yield
    except Invalid as refused:
        raise Invalid(
            [
                Violation(f"/{each.pointer[1:]}", each.code, each.params)
                if each.pointer.startswith("?")
                else each
                for each in refused.violations
            ]
        ) from None
