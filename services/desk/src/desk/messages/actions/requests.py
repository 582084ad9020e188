"""Messages that services ask for, by the kinds that they declare in contracts."""

from typing import Any, Final

from chassis.records.messages.sealed_contents import read_content
from chassis.records.record_commands import create_record
from chassis.web.commands import Command
from contracts.messages import (
    MessageChannel,
    MessageKind,
    MessageRequestState,
    declared_message_kinds,
)
from contracts.work import RecordRef
from desk.message_templates.domain import MessageTemplate, built_in_templates
from desk.message_templates.store import templates_of
from desk.messages.actions.giving_up import announce_failure
from desk.messages.actions.queue import NewMessage, chosen_template, message_by, queue_written
from desk.messages.domain import Message
from desk.messages.store import MESSAGE, find_message
from kernel.errors import Invalid

UNKNOWN_KIND: Final = "MESSAGE_KIND_UNKNOWN"


async def follow_request(command: Command, request: MessageRequestState) -> None:
    """Queue a message that a service asks for; one that is here already changes nothing.

    A request that cannot be carried out is in the log as FAILED: the asker hears of it.
    Raises Unreadable if this process lacks the key.
    """
    if await find_message(command.tx, request.message_id) is not None:
        return
    content = read_content(request.content)
    new = NewMessage(
        template_code=request.kind.replace(".", "_").upper(),
        channel=MessageChannel(request.channel),
        recipient=content["address"],
        language=request.language,
        variables=content["variables"],
        about=RecordRef(resource=request.resource, record_id=request.record_id),
    )
    kind = declared_message_kinds().get(request.kind)
    if kind is None:  # the service is newer than desk
        await _fail(command, request, new, UNKNOWN_KIND)
        return
    try:
        message = await _written(command, kind, new, request)
    except Invalid as error:
        await _fail(command, request, new, error.violations[0].code)
        return
    await queue_written(command, message)


async def queue_of_kind(command: Command, kind: MessageKind, new: NewMessage) -> Message:
    """Queue a message of one of desk's own kinds. Raises what `rendered` raises."""
    return await queue_written(command, await _written(command, kind, new, None))


async def _written(
    command: Command, kind: MessageKind, new: NewMessage, request: MessageRequestState | None
) -> Message:
    """Return the message in the words of the tenant's template, else of the kind itself."""
    own = await templates_of(command.tx, kind.code, new.channel)
    templates = built_in_templates(kind, new.channel, now=command.now) | own
    template = await chosen_template(command, templates, new.language)
    assert template is not None, "a kind has texts for its channels"
    used: dict[str, Any] = {
        name: value for name, value in new.variables.items() if name in template.variables
    }
    text = template.rendered(used)
    message_id = None if request is None else request.message_id
    return message_by(
        command, template, new, subject=text.subject, body=text.body, message_id=message_id
    )


async def _fail(
    command: Command, request: MessageRequestState, new: NewMessage, reason: str
) -> None:
    nothing = MessageTemplate(
        id=request.message_id,
        code=new.template_code,
        name=request.kind,
        channel=new.channel,
        language=request.language or "",
        body="",
        created_at=command.now,
        updated_at=command.now,
    )
    unsaid = message_by(command, nothing, new, subject=None, body="", message_id=request.message_id)
    failed = await create_record(command, MESSAGE, unsaid.failed(reason))
    await announce_failure(command, failed)
