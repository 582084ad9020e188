"""The HTTP API of message templates."""

from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.admission import READ_ONLY
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from desk.message_templates import actions
from desk.message_templates.schemas import (
    MessagePreviewOut,
    MessageTemplateEdit,
    MessageTemplateIn,
    MessageTemplateOut,
    PreviewIn,
)
from desk.message_templates.store import LISTING, MESSAGE_TEMPLATE

RESOURCE = Resource(
    record_type=MESSAGE_TEMPLATE,
    collection="/message-templates",
    listing=LISTING,
    body=MessageTemplateIn,
    edit_body=MessageTemplateEdit,
    answer=MessageTemplateOut,
    create=actions.create_template,
    edit=actions.edit_template,
    matched_by=(("code", "channel", "language"),),
)
router = new_router("/message-templates", tag="message-templates")


@router.post(
    "/{message_template_id}/preview",
    dependencies=[RESOURCE.read_guard],
    openapi_extra=READ_ONLY,
    summary="Show what a message would say; nothing is sent",
)
async def message_template_preview(
    message_template_id: UUID, body: PreviewIn, tx: Tx
) -> MessagePreviewOut:
    template = await MESSAGE_TEMPLATE.get(tx, message_template_id)
    return MessagePreviewOut.model_validate(template.rendered(body.variables))


ROUTERS = resource_routers(RESOURCE, router)
