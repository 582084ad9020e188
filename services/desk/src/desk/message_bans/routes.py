"""The HTTP API of message bans."""

from uuid import UUID

from fastapi import Response

from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.routing import new_router
from desk.message_bans import actions
from desk.message_bans.domain import BanReason
from desk.message_bans.schemas import MessageBanIn, MessageBanOut
from desk.message_bans.store import LISTING, MESSAGE_BAN

READ, WRITE = [allow("desk.message_ban.read")], [allow("desk.message_ban.write")]
router = new_router("/message-bans", tag="message-bans")
add_list_routes(router, LISTING)


@router.post(
    "",
    status_code=201,
    dependencies=WRITE,
    summary="Send nothing to an address any more; one that is banned stays as it is",
)
async def message_ban_create(
    body: MessageBanIn, command: CreateCommand, response: Response
) -> MessageBanOut:
    address = body.email or body.phone or ""
    ban = await actions.ban_address(
        command, body.channel, address, reason=BanReason.ASKED, note=body.note
    )
    response.headers["Location"] = f"/desk/v1/message-bans/{ban.id}"
    return MessageBanOut.model_validate(ban)


@router.delete(
    "/{message_ban_id}",
    status_code=204,
    dependencies=WRITE,
    summary="Let messages go to an address again",
)
async def message_ban_delete(message_ban_id: UUID, command: ChangeCommand) -> None:
    await actions.lift_ban(command, message_ban_id)


audit = audit_router(
    "/message-bans",
    resource=MESSAGE_BAN.scoped.resource,
    table=MESSAGE_BAN.table,
    dependencies=READ,
)
ROUTERS = (router, audit)
