from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from chassis.auth import Caller, allow
from chassis.bodies import MoveIn
from chassis.clock import Now
from chassis.pages import Page, PageParams
from chassis.routing import new_router
from chassis.transaction import Tx
from cpq.quotes import actions, store
from cpq.quotes.domain.quote import QuoteStatus
from cpq.quotes.schemas import QuoteIn, QuoteOut, QuotePreviewOut, QuoteSummary

router = new_router("/quotes", tag="quotes")
READ, WRITE = allow("cpq.quote.read"), allow("cpq.quote.write")


@router.post(
    "",
    status_code=201,
    dependencies=[WRITE],
    summary="Draw up a quote for an opportunity, priced from one price book",
)
async def quote_create(
    body: QuoteIn, response: Response, tx: Tx, caller: Caller, now: Now
) -> QuoteOut:
    quote = await actions.create_quote(tx, body.asked(), owner_id=caller.subject, now=now)
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)


@router.post(
    "/preview",
    dependencies=[READ],
    summary="Price a quote without storing it; takes no document number",
)
async def quote_preview(body: QuoteIn, tx: Tx, now: Now) -> QuotePreviewOut:
    return QuotePreviewOut.model_validate(await actions.preview_quote(tx, body.asked(), now=now))


@router.get("", dependencies=[READ], summary="List quotes without their lines, newest first")
async def quote_list(
    tx: Tx,
    page: PageParams,
    status: Annotated[QuoteStatus | None, Query(description="Only in this status")] = None,
    opportunity_id: Annotated[UUID | None, Query(description="Only of this opportunity")] = None,
) -> Page[QuoteSummary]:
    return await store.read_page(tx, page, status=status, opportunity_id=opportunity_id)


@router.get(
    "/{quote_id}",
    dependencies=[READ],
    summary="Read a quote with the whole price waterfall of its lines",
)
async def quote_get(quote_id: UUID, tx: Tx) -> QuoteOut:
    return await store.read(tx, quote_id)


@router.post(
    "/{quote_id}/send",
    dependencies=[WRITE],
    summary="Hand a draft to the customer; again answers the same",
)
async def quote_send(quote_id: UUID, tx: Tx, now: Now, body: MoveIn | None = None) -> QuoteOut:
    return QuoteOut.model_validate(await actions.send_quote(tx, quote_id, now=now))


@router.post(
    "/{quote_id}/accept",
    dependencies=[WRITE],
    summary="Record that the customer accepts a sent quote; again answers the same",
)
async def quote_accept(quote_id: UUID, tx: Tx, now: Now, body: MoveIn | None = None) -> QuoteOut:
    return QuoteOut.model_validate(await actions.accept_quote(tx, quote_id, now=now))
