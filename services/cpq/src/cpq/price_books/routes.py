from uuid import UUID

from fastapi import Response

from chassis.auth import allow
from chassis.clock import Now
from chassis.pages import Page, PageParams
from chassis.routing import new_router
from chassis.transaction import Tx
from cpq.price_books import actions, store
from cpq.price_books.schemas import PriceBookIn, PriceBookOut, PriceBookSummary

router = new_router("/price-books", tag="price-books")
READ, WRITE = allow("cpq.price_book.read"), allow("cpq.price_book.write")


@router.post(
    "", status_code=201, dependencies=[WRITE], summary="Create a price book with all its prices"
)
async def price_book_create(
    body: PriceBookIn, response: Response, tx: Tx, now: Now
) -> PriceBookOut:
    book = await actions.create_price_book(
        tx,
        name=body.name,
        currency=body.currency,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        entries=[entry.entry() for entry in body.entries],
        now=now,
    )
    response.headers["Location"] = f"/cpq/v1/price-books/{book.id}"
    return PriceBookOut.model_validate(book)


@router.get("", dependencies=[READ], summary="List price books without their prices, newest first")
async def price_book_list(tx: Tx, page: PageParams) -> Page[PriceBookSummary]:
    return await store.read_page(tx, page)


@router.get(
    "/{price_book_id}", dependencies=[READ], summary="Read a price book with all its prices"
)
async def price_book_get(price_book_id: UUID, tx: Tx) -> PriceBookOut:
    return await store.read(tx, price_book_id)
