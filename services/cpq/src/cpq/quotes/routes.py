from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from chassis.auth import Caller, allow
from chassis.bodies import MoveIn
from chassis.clock import Now
from chassis.pages import Page, PageParams
from chassis.patches import MergePatch
from chassis.preconditions import IfMatch
from chassis.routing import new_router
from chassis.transaction import Tx
from cpq.quotes import actions, store
from cpq.quotes.domain.proposal import Asked
from cpq.quotes.domain.quote import QuoteStatus
from cpq.quotes.schemas import (
    QuoteClone,
    QuoteEdit,
    QuoteIn,
    QuoteOut,
    QuotePreviewOut,
    QuoteReject,
    QuoteSummary,
)

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


def _edited(patch: MergePatch[QuoteEdit], asked: Asked) -> Asked:
    return patch.merged(QuoteEdit.model_validate(asked)).asked_for(asked.opportunity_id)


@router.patch(
    "/{quote_id}",
    dependencies=[WRITE],
    summary="Amend a draft, which is priced anew; one that was sent is revised",
)
async def quote_amend(
    quote_id: UUID, body: MergePatch[QuoteEdit], tx: Tx, now: Now, expected: IfMatch
) -> QuoteOut:
    quote = await actions.amend_quote(
        tx, quote_id, partial(_edited, body), expected=expected, now=now
    )
    return QuoteOut.model_validate(quote)


@router.delete(
    "/{quote_id}",
    status_code=204,
    dependencies=[WRITE],
    summary="Take a draft out of every list; its number stays its own, and it can be restored",
)
async def quote_delete(quote_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    await actions.delete_quote(tx, quote_id, expected=expected, now=now)


@router.post("/{quote_id}/restore", dependencies=[WRITE], summary="Undo its deletion")
async def quote_restore(
    quote_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(
        await actions.restore_quote(tx, quote_id, expected=expected, now=now)
    )


@router.post(
    "/{quote_id}/send",
    dependencies=[WRITE],
    summary="Hand a draft to the customer; again answers the same",
)
async def quote_send(
    quote_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(
        await actions.send_quote(tx, quote_id, expected=expected, now=now)
    )


@router.post(
    "/{quote_id}/accept",
    dependencies=[WRITE],
    summary="Record that the customer accepts a sent quote; again answers the same",
)
async def quote_accept(
    quote_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(
        await actions.accept_quote(tx, quote_id, expected=expected, now=now)
    )


@router.post(
    "/{quote_id}/reject",
    dependencies=[WRITE],
    summary="Record that the customer declines a sent quote; again answers the same",
)
async def quote_reject(
    quote_id: UUID, body: QuoteReject, tx: Tx, now: Now, expected: IfMatch
) -> QuoteOut:
    quote = await actions.reject_quote(tx, quote_id, reason=body.reason, expected=expected, now=now)
    return QuoteOut.model_validate(quote)


@router.post(
    "/{quote_id}/revise",
    status_code=201,
    dependencies=[WRITE],
    summary="Draw up the next revision, from the same book and price date unless told otherwise; "
    "the old one can never be accepted any more. Again answers the same",
)
async def quote_revise(
    quote_id: UUID,
    body: MergePatch[QuoteEdit],
    response: Response,
    tx: Tx,
    now: Now,
    expected: IfMatch,
) -> QuoteOut:
    quote = await actions.revise_quote(
        tx, quote_id, partial(_edited, body), expected=expected, now=now
    )
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)


@router.post(
    "/{quote_id}/clone",
    status_code=201,
    dependencies=[WRITE],
    summary="Draw up a new quote with the same lines, at the prices of the day",
)
async def quote_clone(
    quote_id: UUID, body: QuoteClone, response: Response, tx: Tx, caller: Caller, now: Now
) -> QuoteOut:
    quote = await actions.clone_quote(
        tx, quote_id, opportunity_id=body.opportunity_id, owner_id=caller.subject, now=now
    )
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)
