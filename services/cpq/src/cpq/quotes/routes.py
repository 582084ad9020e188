from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.visibility import Visibility, visibility_of
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import ByExternalId, external_id_router
from chassis.records.lists.list_query import ListQuery as AskedOfList
from chassis.records.lists.listing import Listed
from chassis.web.auth import Caller, Principal
from chassis.web.bodies import MoveIn
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from cpq.opportunities.store import OPPORTUNITIES
from cpq.quotes import store
from cpq.quotes.actions import drafts, moves
from cpq.quotes.domain.proposal import Asked
from cpq.quotes.domain.quote import Quote
from cpq.quotes.schemas import (
    QuoteClone,
    QuoteEdit,
    QuoteIn,
    QuoteOut,
    QuotePreviewOut,
    QuoteReject,
    QuoteSummary,
)
from cpq.quotes.store import LISTING, QUOTES

router = new_router("/quotes", tag="quotes")
READ, WRITE = may_read(QUOTES), may_write(QUOTES)
# Whoever draws up a quote does so for an opportunity they see.
Seen = Annotated[Visibility, may_list(OPPORTUNITIES, scope="cpq.quote.write")]


@router.post(
    "",
    status_code=201,
    summary="Draw up a quote for an opportunity, priced from one price book",
)
async def quote_create(
    body: QuoteIn, response: Response, tx: Tx, caller: Caller, now: Now, sees: Seen
) -> QuoteOut:
    quote = await drafts.create_quote(
        tx, body.asked(), actor=caller.subject, owner_id=body.owner_id, sees=sees, now=now
    )
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)


@router.post(
    "/preview",
    summary="Price a quote without storing it; takes no document number",
)
async def quote_preview(
    body: QuoteIn,
    tx: Tx,
    now: Now,
    sees: Annotated[Visibility, may_list(OPPORTUNITIES, scope="cpq.quote.read")],
) -> QuotePreviewOut:
    proposal = await drafts.preview_quote(tx, body.asked(), sees=sees, now=now)
    return QuotePreviewOut.model_validate(proposal)


@router.get("", summary="List quotes without their lines, newest first")
async def quote_list(
    tx: Tx,
    page: PageParams,
    asked: Annotated[AskedOfList, LISTING.query],
    visibility: Annotated[Visibility, may_list(QUOTES)],
) -> Listed[QuoteSummary]:
    return await LISTING.page(tx, page, asked, visibility)


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
    summary="Amend a draft, which is priced anew; of one that was sent only custom fields change",
)
async def quote_amend(
    quote_id: UUID, body: MergePatch[QuoteEdit], tx: Tx, now: Now, expected: IfMatch
) -> QuoteOut:
    quote = await drafts.amend_quote(
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
    await moves.delete_quote(tx, quote_id, expected=expected, now=now)


@router.post("/{quote_id}/restore", dependencies=[WRITE], summary="Undo its deletion")
async def quote_restore(
    quote_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(
        await moves.restore_quote(tx, quote_id, expected=expected, now=now)
    )


@router.post(
    "/{quote_id}/send",
    dependencies=[WRITE],
    summary="Hand a draft to the customer; again answers the same",
)
async def quote_send(
    quote_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(await moves.send_quote(tx, quote_id, expected=expected, now=now))


@router.post(
    "/{quote_id}/accept",
    dependencies=[WRITE],
    summary="Record that the customer accepts a sent quote; again answers the same",
)
async def quote_accept(
    quote_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(
        await moves.accept_quote(tx, quote_id, expected=expected, now=now)
    )


@router.post(
    "/{quote_id}/reject",
    dependencies=[WRITE],
    summary="Record that the customer declines a sent quote; again answers the same",
)
async def quote_reject(
    quote_id: UUID, body: QuoteReject, tx: Tx, now: Now, expected: IfMatch
) -> QuoteOut:
    quote = await moves.reject_quote(tx, quote_id, reason=body.reason, expected=expected, now=now)
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
    quote = await drafts.revise_quote(
        tx, quote_id, partial(_edited, body), expected=expected, now=now
    )
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)


@router.post(
    "/{quote_id}/clone",
    status_code=201,
    dependencies=[may_read(QUOTES, scope="cpq.quote.write")],
    summary="Draw up a new quote with the same lines, at the prices of the day",
)
async def quote_clone(
    quote_id: UUID,
    body: QuoteClone,
    response: Response,
    tx: Tx,
    caller: Caller,
    now: Now,
    sees: Seen,
) -> QuoteOut:
    quote = await drafts.clone_quote(
        tx,
        quote_id,
        opportunity_id=body.opportunity_id,
        actor=caller.subject,
        sees=sees,
        now=now,
    )
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)


async def _create(tx: AsyncConnection, body: QuoteIn, caller: Principal, now: datetime) -> Quote:
    sees = await visibility_of(tx, caller, OPPORTUNITIES.resource, now)
    return await drafts.create_quote(
        tx, body.asked(), actor=caller.subject, owner_id=body.owner_id, sees=sees, now=now
    )


async def _replace(
    tx: AsyncConnection, quote_id: UUID, body: QuoteIn, _: Principal, now: datetime
) -> Quote:
    return await drafts.amend_quote(tx, quote_id, body.replacing, now=now)


async def _restore(tx: AsyncConnection, quote_id: UUID, _: Principal, now: datetime) -> Quote:
    return await moves.restore_quote(tx, quote_id, now=now)


names = external_id_router(
    ByExternalId(
        scoped=QUOTES,
        collection="/quotes",
        body=QuoteIn,
        answer=QuoteOut,
        create=_create,
        update=_replace,
        restore=_restore,
        get=store.get,
    )
)
access = access_router(QUOTES, collection="quotes", transfer=moves.transfer_quote)
audit = audit_router("/quotes", resource=QUOTES.resource, table=QUOTES.table, dependencies=[READ])
ROUTERS = (names, access, router, audit)
