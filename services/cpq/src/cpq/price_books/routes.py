"""The HTTP routes of price books."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.visibility import UnownedResource
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import (
    ExternallyWrittenResource,
    external_id_router,
)
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.pages import Page, PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from cpq.price_books import actions, store
from cpq.price_books.domain import PriceBook
from cpq.price_books.schemas import (
    PriceBookEdit,
    PriceBookIn,
    PriceBookOut,
    PriceBookVersionOut,
    PriceBookVersionSummary,
)

router = new_router("/price-books", tag="price-books")
READ, WRITE = allow("cpq.price_book.read"), allow("cpq.price_book.write")


@router.post(
    "", status_code=201, dependencies=[WRITE], summary="Create a price book with all its prices"
)
async def price_book_create(
    body: PriceBookIn, response: Response, tx: Tx, now: Now
) -> PriceBookOut:
    book = await actions.create_price_book(tx, **_values(body), now=now)
    response.headers["Location"] = f"/cpq/v1/price-books/{book.id}"
    return PriceBookOut.model_validate(book)


add_list_routes(router, store.LISTING, description="A list leaves the prices of price books out.")


@router.get(
    "/{price_book_id}", dependencies=[READ], summary="Read a price book with all its prices"
)
async def price_book_get(price_book_id: UUID, tx: Tx) -> PriceBookOut:
    return await store.read(tx, price_book_id)


@router.patch(
    "/{price_book_id}",
    dependencies=[WRITE],
    summary="Edit a price book; its history keeps the version before",
)
async def price_book_edit(
    price_book_id: UUID,
    body: MergePatch[PriceBookEdit],
    tx: Tx,
    caller: Caller,
    now: Now,
    expected: IfMatch,
) -> PriceBookOut:
    book = await actions.edit_price_book(
        tx,
        price_book_id,
        lambda before: body.merged(PriceBookEdit.model_validate(before)).apply_to(before),
        expected=expected,
        actor=caller.subject,
        now=now,
    )
    return PriceBookOut.model_validate(book)


@router.delete(
    "/{price_book_id}",
    status_code=204,
    dependencies=[WRITE],
    summary="Delete a price book; existing quotes keep their prices, and it can be restored",
)
async def price_book_delete(price_book_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    await actions.delete_price_book(tx, price_book_id, expected=expected, now=now)


@router.post(
    "/{price_book_id}/restore", dependencies=[WRITE], summary="Restore a deleted price book"
)
async def price_book_restore(
    price_book_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> PriceBookOut:
    book = await actions.restore_price_book(tx, price_book_id, expected=expected, now=now)
    return PriceBookOut.model_validate(book)


@router.get(
    "/{price_book_id}/versions",
    dependencies=[READ],
    summary="List the earlier versions of a price book, the latest first",
)
async def price_book_versions(
    price_book_id: UUID, tx: Tx, page: PageParams
) -> Page[PriceBookVersionSummary]:
    await store.ensure_exists(tx, price_book_id)
    return await store.read_versions(tx, price_book_id, page)


@router.get(
    "/{price_book_id}/versions/{version}",
    dependencies=[READ],
    summary="Read an earlier version of a price book with all its prices",
)
async def price_book_version(
    price_book_id: UUID, version: Annotated[int, Path(ge=1, le=2**31 - 1)], tx: Tx
) -> PriceBookVersionOut:
    return await store.read_version(tx, price_book_id, version)


def _values(body: PriceBookIn) -> dict[str, Any]:
    """Return the values of a body, with entries of the domain."""
    values = {name: getattr(body, name) for name in PriceBookIn.model_fields}
    return {**values, "entries": [entry.to_entry() for entry in body.entries]}


async def _create(tx: AsyncConnection, body: PriceBookIn, _: Principal, now: datetime) -> PriceBook:
    return await actions.create_price_book(tx, **_values(body), now=now)


async def _replace(
    tx: AsyncConnection, book_id: UUID, body: PriceBookIn, caller: Principal, now: datetime
) -> PriceBook:
    return await actions.edit_price_book(tx, book_id, body.apply_to, actor=caller.subject, now=now)


async def _restore(tx: AsyncConnection, book_id: UUID, _: Principal, now: datetime) -> PriceBook:
    return await actions.restore_price_book(tx, book_id, now=now)


external_ids = external_id_router(
    ExternallyWrittenResource(
        scoped=UnownedResource(actions.RESOURCE, store.price_books),
        collection="/price-books",
        body=PriceBookIn,
        answer=PriceBookOut,
        create=_create,
        update=_replace,
        restore=_restore,
        get=store.get,
    )
)
audit = audit_router(
    "/price-books", resource=actions.RESOURCE, table=store.price_books, dependencies=[READ]
)
ROUTERS = (external_ids, router, audit)
