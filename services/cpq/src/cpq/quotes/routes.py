"""The HTTP routes of quotes."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Response

from chassis.records.access.guards import may_delete, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.approvals.routes import approval_history_router
from chassis.records.attachments.routes import attachment_router
from chassis.records.audit.routes import audit_router
from chassis.records.document_transfers import transfer_of
from chassis.records.external_ids.puts import ExternallyWrittenResource
from chassis.records.external_ids.routes import external_id_router
from chassis.records.lists.expansion import Expansion, expansion_of
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.messages.routes import (
    MessageRequestOut,
    RecipientIn,
    message_history_router,
    shown_message,
)
from chassis.web.auth import allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, Command, CreateCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from cpq.quotes import store
from cpq.quotes.actions import approvals, drafts, messages, moves
from cpq.quotes.domain.proposal import QuoteRequest
from cpq.quotes.domain.quote import Quote
from cpq.quotes.schemas import (
    QuoteClone,
    QuoteEdit,
    QuoteIn,
    QuoteOut,
    QuotePreviewOut,
    QuoteReject,
)
from cpq.quotes.store import LISTING, QUOTES

router = new_router("/quotes", tag="quotes")
READ, WRITE = may_read(QUOTES), may_write(QUOTES)


@router.post(
    "",
    status_code=201,
    dependencies=[allow("cpq.quote.write")],
    summary="Create a draft quote for an opportunity, priced from one price book",
)
async def quote_create(body: QuoteIn, command: CreateCommand, response: Response) -> QuoteOut:
    quote = await drafts.create_quote(command, body.to_request(), owner_id=body.owner_id)
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)


@router.post(
    "/preview",
    dependencies=[allow("cpq.quote.read")],
    summary="Price a quote without storing it or using a document number",
)
async def quote_preview(body: QuoteIn, command: CreateCommand) -> QuotePreviewOut:
    return QuotePreviewOut.model_validate(await drafts.preview_quote(command, body.to_request()))


add_list_routes(router, LISTING, description="A list leaves the lines of quotes out.")


@router.get(
    "/{quote_id}",
    dependencies=[READ],
    summary="Read a quote with its lines and their price waterfall",
)
async def quote_get(
    quote_id: UUID, tx: Tx, expansion: Annotated[Expansion, expansion_of(QuoteOut)]
) -> QuoteOut:
    return await expansion.expanded(tx, await store.read(tx, quote_id))


def _apply_patch(patch: MergePatch[QuoteEdit], request: QuoteRequest) -> QuoteRequest:
    edited = patch.merged(QuoteEdit.model_validate(request))
    return edited.to_request_for(request.opportunity_id)


@router.patch(
    "/{quote_id}",
    dependencies=[WRITE],
    summary="Amend a draft and price it again; in or after approval it becomes a draft; of a sent "
    "quote only custom fields can change",
)
async def quote_amend(
    quote_id: UUID, body: MergePatch[QuoteEdit], command: ChangeCommand
) -> QuoteOut:
    quote = await drafts.amend_quote(command, quote_id, partial(_apply_patch, body))
    return QuoteOut.model_validate(quote)


@router.delete(
    "/{quote_id}",
    status_code=204,
    dependencies=[may_delete(QUOTES)],
    summary="Delete a draft; it keeps its document number and can be restored",
)
async def quote_delete(quote_id: UUID, command: ChangeCommand) -> None:
    await moves.delete_quote(command, quote_id)


@router.post("/{quote_id}/restore", dependencies=[WRITE], summary="Restore a deleted draft")
async def quote_restore(
    quote_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(await moves.restore_quote(command, quote_id))


@router.post(
    "/{quote_id}/submit",
    dependencies=[WRITE],
    summary="Ask for the approval that a draft needs before it is sent; a repeated call changes "
    "nothing",
)
async def quote_submit(
    quote_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(await approvals.submit_quote(command, quote_id))


@router.post(
    "/{quote_id}/withdraw",
    dependencies=[WRITE],
    summary="Take a quote back from approval: it is a draft again; a repeated call changes nothing",
)
async def quote_withdraw(
    quote_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(await approvals.withdraw_quote(command, quote_id))


@router.post(
    "/{quote_id}/send",
    dependencies=[WRITE],
    summary="Send a draft, or an approved quote, to the customer; a repeated call changes nothing",
)
async def quote_send(
    quote_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(await moves.send_quote(command, quote_id))


@router.post(
    "/{quote_id}/accept",
    dependencies=[WRITE],
    summary="Record that the customer accepts a sent quote; a repeated call changes nothing",
)
async def quote_accept(
    quote_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> QuoteOut:
    return QuoteOut.model_validate(await moves.accept_quote(command, quote_id))


@router.post(
    "/{quote_id}/reject",
    dependencies=[WRITE],
    summary="Record that the customer declines a sent quote; a repeated call changes nothing",
)
async def quote_reject(quote_id: UUID, body: QuoteReject, command: ChangeCommand) -> QuoteOut:
    return QuoteOut.model_validate(await moves.reject_quote(command, quote_id, reason=body.reason))


@router.post(
    "/{quote_id}/revise",
    status_code=201,
    dependencies=[WRITE],
    summary="Create the next revision, by default from the same price book and price date; the old "
    "quote can no longer be accepted. A repeated call changes nothing",
)
async def quote_revise(
    quote_id: UUID, body: MergePatch[QuoteEdit], command: ChangeCommand, response: Response
) -> QuoteOut:
    quote = await drafts.revise_quote(command, quote_id, partial(_apply_patch, body))
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)


@router.post(
    "/{quote_id}/clone",
    status_code=201,
    dependencies=[may_read(QUOTES, scope="cpq.quote.write")],
    summary="Create a new quote with the same lines, at today's prices",
)
async def quote_clone(
    quote_id: UUID, body: QuoteClone, command: CreateCommand, response: Response
) -> QuoteOut:
    quote = await drafts.clone_quote(command, quote_id, opportunity_id=body.opportunity_id)
    response.headers["Location"] = f"/cpq/v1/quotes/{quote.id}"
    return QuoteOut.model_validate(quote)


@router.post(
    "/{quote_id}/messages",
    status_code=201,
    dependencies=[WRITE],
    summary="Send a notice of a sent quote by mail or text message; an address gets one a day",
)
async def quote_message(
    quote_id: UUID, body: RecipientIn, command: CreateCommand
) -> MessageRequestOut:
    request = await messages.tell_customer(command, quote_id, body.recipient)
    return await shown_message(command.tx, QUOTES.resource, request)


async def _create(command: Command, body: QuoteIn) -> Quote:
    return await drafts.create_quote(command, body.to_request(), owner_id=body.owner_id)


async def _replace(command: Command, quote_id: UUID, body: QuoteIn) -> Quote:
    return await drafts.amend_quote(command, quote_id, body.to_replacement)


external_ids = external_id_router(
    ExternallyWrittenResource(
        scoped=QUOTES,
        collection="/quotes",
        body=QuoteIn,
        answer=QuoteOut,
        create=_create,
        update=_replace,
        restore=moves.restore_quote,
        get=store.get,
    )
)
access = access_router(QUOTES, collection="quotes", transfer=transfer_of(store.QUOTE))
audit = audit_router("/quotes", resource=QUOTES.resource, table=QUOTES.table, dependencies=[READ])
history = approval_history_router("/quotes", resource=QUOTES.resource, guard=READ)
files = attachment_router(QUOTES, collection="quotes", read=READ, write=WRITE)
notices = message_history_router("/quotes", resource=QUOTES.resource, guard=READ)
ROUTERS = (external_ids, access, files, router, history, notices, audit)
