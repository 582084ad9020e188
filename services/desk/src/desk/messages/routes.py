"""The HTTP API of messages: send, the log, try again, bounces."""

from uuid import UUID

from fastapi import Response

from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.messages import MessageChannel
from contracts.work import RecordRef
from desk.messages.actions import queue
from desk.messages.actions.queue import NewMessage
from desk.messages.schemas import BounceIn, MessageIn, MessageOut
from desk.messages.store import LISTING, MESSAGE

READ, WRITE = [allow("desk.message.read")], [allow("desk.message.write")]
router = new_router("/messages", tag="messages")
add_list_routes(router, LISTING)


@router.post(
    "",
    status_code=201,
    dependencies=WRITE,
    summary="Queue a mail or a text message to somebody outside",
)
async def message_create(body: MessageIn, command: CreateCommand, response: Response) -> MessageOut:
    """Send by a template; an Idempotency-Key keeps a repeat from sending it twice.

    One to an address that wants nothing is in the log as REFUSED.
    """
    channel = MessageChannel.SMS if body.email is None else MessageChannel.MAIL
    new = NewMessage(
        template_code=body.template_code,
        channel=channel,
        recipient=body.email or body.phone or "",
        language=body.language,
        variables=body.variables,
        about=RecordRef.from_optional(body.about_resource, body.about_id),
    )
    message = await queue.queue_message(command, new)
    response.headers["Location"] = f"/desk/v1/messages/{message.id}"
    return MessageOut.model_validate(message)


@router.get("/{message_id}", dependencies=READ, summary="Read a message with its text")
async def message_get(message_id: UUID, tx: Tx) -> MessageOut:
    return MessageOut.model_validate(await MESSAGE.get(tx, message_id))


@router.post(
    "/{message_id}/retry",
    dependencies=WRITE,
    summary="Try a message again that was given up",
)
async def message_retry(
    message_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> MessageOut:
    return MessageOut.model_validate(await queue.retry_message(command, message_id))


@router.post(
    "/{message_id}/bounces",
    dependencies=WRITE,
    summary="Note that a message came back; the id is the left part of its Message-ID",
)
async def message_bounce(message_id: UUID, body: BounceIn, command: CreateCommand) -> MessageOut:
    """After a hard bounce or a complaint nothing is sent to the address any more."""
    message = await queue.note_bounce(command, message_id, body.kind, body.reason)
    return MessageOut.model_validate(message)


audit = audit_router(
    "/messages", resource=MESSAGE.scoped.resource, table=MESSAGE.table, dependencies=READ
)
ROUTERS = (router, audit)
