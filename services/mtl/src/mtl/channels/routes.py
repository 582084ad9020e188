"""The HTTP API of channels."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from fastapi import Response

from chassis.records.access_keys.routes import access_key_router
from chassis.records.custom_fields.store import definitions_of
from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.admission import READ_ONLY
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from chassis.web.secret_responses import SecretResponse
from chassis.web.transaction import Tx
from kernel.errors import Invalid, Violation
from mtl.channels import actions
from mtl.channels.schemas.channels import (
    ChannelEdit,
    ChannelIn,
    ChannelKeyIn,
    ChannelKeyOut,
    ChannelOut,
    channel_values,
    reason_out,
)
from mtl.channels.schemas.tries import ChannelTryIn, ChannelTryOut, MappedFieldOut
from mtl.channels.store import CHANNEL, CHANNELS, LISTING
from mtl.channels.views import ReadPayload, read_payload, rules_of
from mtl.leads.schemas.fields import LeadFields
from mtl.leads.store import LEADS

RESOURCE = Resource(
    record_type=CHANNEL,
    collection="/channels",
    listing=LISTING,
    body=ChannelIn,
    edit_body=ChannelEdit,
    answer=ChannelOut,
    create=actions.create_channel,
    edit=actions.edit_channel,
    values=channel_values,
    imported=False,
    docs={
        "create": "Create a channel, through which leads come in\n\n"
        "Its mapping and gate are checked: wrong paths, fields and conditions are refused.",
        "delete": "Delete a channel; its keys admit nobody until it is restored",
    },
)
router = new_router("/channels", tag="channels")


@router.post(
    "/{channel_id}/access-keys",
    status_code=201,
    response_model=ChannelKeyOut,
    dependencies=[RESOURCE.write_guard],
    summary="Issue a key with which leads are handed in; it is shown once",
)
async def channel_issue_key(
    channel_id: UUID, command: ChangeCommand, body: ChannelKeyIn | None = None
) -> Response:
    """Issue one more key. To replace one, issue the new one first and revoke the old one later."""
    expires_at = None if body is None else body.expires_at
    issued = await actions.issue_key(command, channel_id, expires_at=expires_at)
    answer = ChannelKeyOut(key_id=issued.row.id, key=None, expires_at=issued.row.expires_at)
    location = f"/mtl/v1/channels/{channel_id}/access-keys"
    return SecretResponse(answer, {"key": issued.key}, status=201, location=location)


@router.post(
    "/{channel_id}/try",
    dependencies=[RESOURCE.read_guard],
    openapi_extra=READ_ONLY,
    summary="Try the mapping and the gate of a channel on a payload",
)
async def channel_try(channel_id: UUID, body: ChannelTryIn, tx: Tx) -> ChannelTryOut:
    """Say what the channel would do with a payload, with every reason; nothing is stored.

    `rules` are tried before they are saved, and checked as when they are: what is wrong with them
    stands at `/rules`. Whether a lead is there already is not looked up.
    """
    channel = replace(await CHANNEL.get(tx, channel_id), **body.rules.given())
    definitions = await definitions_of(tx, LEADS.resource)
    try:
        rules = rules_of(channel, definitions)
    except Invalid as invalid:
        raise Invalid([_below_rules(each) for each in invalid.violations]) from None
    read = read_payload(channel, rules, definitions, body.payload)
    return ChannelTryOut(
        verdict=read.verdict,
        honeypot_filled=read.trapped,
        fields=_fields_out(read),
        lead=_lead_out(read),
        reasons=[reason_out(each.code, each.params, each.field) for each in read.reasons],
    )


def _below_rules(violation: Violation) -> Violation:
    """Return a violation of the rules of a channel as one of those that are tried."""
    return replace(violation, pointer=f"/rules{violation.pointer}")


def _fields_out(read: ReadPayload) -> list[MappedFieldOut]:
    return [
        MappedFieldOut(
            target=each.target,
            value=each.value,
            source=each.source,
            found=each.found,
            is_default=each.is_default,
        )
        for each in read.mapped
        if each.value is not None or each.failure is not None
    ]


def _lead_out(read: ReadPayload) -> dict[str, Any]:
    values = {name: getattr(read.details, name) for name in LeadFields.model_fields}
    shown = LeadFields.model_construct(**values).model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in shown.items() if value not in ({}, [])}


ROUTERS = resource_routers(
    RESOURCE,
    access_key_router(
        CHANNELS, collection="channels", purposes=[actions.CAPTURE_KEY], guard=RESOURCE.write_guard
    ),
    router,
)
