"""Says that a message was given up: in the logs, and to who caused it."""

from typing import Final

import structlog

from chassis.records.work.actions import notify
from chassis.web.commands import Command
from contracts.work import RecordRef
from desk.messages.domain import FAILED_NOTICE, FAILED_NOTICES, Message
from kernel.hints import hint_of

log: Final = structlog.get_logger()


async def announce_failure(command: Command, message: Message) -> None:
    """Notify who caused a message that it was not sent."""
    await log.aerror("message_given_up", message=str(message.id), reason=message.public_reason)
    about = RecordRef(resource="desk.message", record_id=message.id)
    params = {"recipient": hint_of(message.recipient or ""), "template": message.template_code}
    notice = FAILED_NOTICES.get(message.template_code, FAILED_NOTICE)
    await notify(command.tx, notice, about, recipient=message.requested_by, params=params)
