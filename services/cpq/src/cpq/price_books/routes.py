"""The HTTP routes of price books."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path

from chassis.database.rows import ensure_row
from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.pages import Page, PageParams
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from cpq.price_books import actions, store
from cpq.price_books.schemas import (
    PriceBookEdit,
    PriceBookIn,
    PriceBookOut,
    PriceBookVersionOut,
    PriceBookVersionSummary,
)
from cpq.price_books.store import LISTING, PRICE_BOOK


def _values(body: PriceBookIn | PriceBookEdit) -> dict[str, Any]:
    """Return the fields of a body, with entries of the domain."""
    return {**dict(body), "entries": tuple(entry.to_entry() for entry in body.entries)}


RESOURCE = Resource(
    record_type=PRICE_BOOK,
    collection="/price-books",
    listing=LISTING,
    body=PriceBookIn,
    edit_body=PriceBookEdit,
    answer=PriceBookOut,
    values=_values,
    create=actions.create_price_book,
    edit=actions.edit_price_book,
    imported=False,
    docs={
        "create": "Create a price book with all its prices",
        "list": "List price books\n\nA list leaves the prices of price books out.",
        "get": "Read a price book with all its prices",
        "edit": "Edit a price book; its history keeps the version before",
        "delete": "Delete a price book; existing quotes keep their prices, and it can be restored",
    },
)
READ = [RESOURCE.read_guard]
router = new_router("/price-books", tag="price-books")


@router.get(
    "/{price_book_id}/versions",
    dependencies=READ,
    summary="List the earlier versions of a price book, the latest first",
)
async def price_book_versions(
    price_book_id: UUID, tx: Tx, page: PageParams
) -> Page[PriceBookVersionSummary]:
    await ensure_row(tx, PRICE_BOOK.table, price_book_id, PRICE_BOOK.scoped.name)
    return await store.read_versions(tx, price_book_id, page)


@router.get(
    "/{price_book_id}/versions/{version}",
    dependencies=READ,
    summary="Read an earlier version of a price book with all its prices",
)
async def price_book_version(
    price_book_id: UUID, version: Annotated[int, Path(ge=1, le=2**31 - 1)], tx: Tx
) -> PriceBookVersionOut:
    return await store.read_version(tx, price_book_id, version)


ROUTERS = resource_routers(RESOURCE, router)
