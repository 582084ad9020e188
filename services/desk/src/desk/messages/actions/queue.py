"""Queues messages in the transaction of what they tell, and what people do about them later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from chassis.jobs import queue
from chassis.records.record_commands import MADE, AlreadyMade, create_record, move_record
from chassis.records.tenant_settings import settings_of
from chassis.web.commands import Command
from contracts.event import Event
from contracts.messages import MessageChannel
from contracts.work import RecordRef
from desk.message_bans.actions import ban_address
from desk.message_bans.store import reason_of_ban
from desk.message_templates.domain import MessageTemplate, preferred_template
from desk.message_templates.store import templates_of
from desk.messages.domain import BAN_OF_BOUNCE, BounceKind, Message, MessageStatus
from desk.messages.store import MESSAGE
from kernel.errors import Invalid, Violation
from kernel.ids import new_id

SEND_JOB: Final = "message_send"


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """What is to be said to whom: a template's code, an address, and values of its variables.

    Without a language it is the tenant's first one that the template has.
    """

    template_code: str
    channel: MessageChannel
    recipient: str
    language: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    about: RecordRef | None = None


async def queue_message(command: Command, new: NewMessage) -> Message:
    """Queue a message; it is sent once the transaction is committed.

    One to a banned address is in the log as REFUSED, and is not sent. Raises Invalid
    (MESSAGE_TEMPLATE_UNKNOWN at `/template_code`, and what `rendered` raises).
    """
    templates = await templates_of(command.tx, new.template_code, new.channel)
    template = await chosen_template(command, templates, new.language)
    if template is None:
        raise Invalid([Violation("/template_code", "MESSAGE_TEMPLATE_UNKNOWN")])
    text = template.rendered(new.variables)
    message = message_by(command, template, new, subject=text.subject, body=text.body)
    return await queue_written(command, message)


async def chosen_template(
    command: Command, templates: Mapping[str, MessageTemplate], language: str | None
) -> MessageTemplate | None:
    """Return the template in this language, else in the first of the tenant's; None without any."""
    languages = (await settings_of(command.tx)).languages
    preferred = (*([language] if language else []), *languages)
    return preferred_template(templates, preferred)


def message_by(
    command: Command,
    template: MessageTemplate,
    new: NewMessage,
    *,
    subject: str | None,
    body: str,
    message_id: UUID | None = None,
) -> Message:
    """Return the message that a template says."""
    is_mail = new.channel is MessageChannel.MAIL
    return Message(
        id=message_id or new_id(),
        channel=new.channel,
        template_code=template.code,
        language=template.language,
        email=new.recipient if is_mail else None,
        phone=None if is_mail else new.recipient,
        subject=subject,
        body=body,
        purpose=template.purpose,
        about_resource=None if new.about is None else new.about.resource,
        about_id=None if new.about is None else new.about.record_id,
        requested_by=command.actor,
        created_at=command.now,
        updated_at=command.now,
    )


async def queue_written(command: Command, message: Message) -> Message:
    """Store a message and let a job send it; one to a banned address is stored as REFUSED."""
    assert message.recipient is not None, "a new message has a recipient"
    reason = await reason_of_ban(command.tx, message.channel, message.recipient, message.purpose)
    if reason is not None:
        return await create_record(command, MESSAGE, message.refused(reason))
    created = await create_record(command, MESSAGE, message)
    await _enqueue(command, message)
    return created


async def retry_message(command: Command, message_id: UUID) -> Message:
    """Try a message again that was given up; one that waits stays as it is.

    Raises NotFound, RuleBroken (MESSAGE_NOT_FAILED, MESSAGE_ERASED, MESSAGE_NOT_WRITTEN), and what
    `move_record` raises.
    """

    def move(message: Message) -> tuple[Message, Event | None] | AlreadyMade:
        if message.status is MessageStatus.QUEUED:
            return MADE
        return message.queued_again(), None

    message = await move_record(command, MESSAGE, message_id, move)
    await _enqueue(command, message)
    return message


async def note_bounce(
    command: Command, message_id: UUID, kind: BounceKind, reason: str | None
) -> Message:
    """Note that a message came back; after a hard bounce or a complaint its address is banned.

    Raises NotFound, RuleBroken (MESSAGE_NOT_SENT).
    """

    def move(message: Message) -> tuple[Message, Event | None] | AlreadyMade:
        after = message.bounced(kind, reason)
        return MADE if after == message else (after, None)

    message = await move_record(command.unconditional, MESSAGE, message_id, move)
    if kind in BAN_OF_BOUNCE and message.recipient is not None:
        ban = BAN_OF_BOUNCE[kind]
        await ban_address(command, message.channel, message.recipient, reason=ban, note=reason)
    return message


async def _enqueue(command: Command, message: Message) -> None:
    about = RecordRef(resource="desk.message", record_id=message.id)
    await queue.enqueue(
        command.tx, SEND_JOB, str(message.id), run_at=command.now, about=about, replace=True
    )
