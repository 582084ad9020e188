"""Lets desk tell a customer of a quote that was sent to them."""

from uuid import UUID

from chassis.records.messages.actions import request_message
from chassis.records.messages.model import MessageRequest, Recipient
from chassis.records.tenant_settings import today
from chassis.web.commands import Command
from contracts.cpq.messages import QUOTE_SENT
from contracts.work import RecordRef
from cpq.quotes.store import QUOTE


async def tell_customer(command: Command, quote_id: UUID, recipient: Recipient) -> MessageRequest:
    """Send somebody a notice of a quote; an address gets one of a quote a day.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _REJECTED, _EXPIRED, _SUPERSEDED).
    """
    quote = await QUOTE.get(command.tx, quote_id, lock=True)
    quote.ensure_sent_or_accepted()
    day = await today(command.tx, command.now)
    return await request_message(
        command.tx,
        QUOTE_SENT,
        RecordRef(resource=QUOTE.scoped.resource, record_id=quote.id),
        recipient,
        {
            "account": quote.account_name,
            "quote_no": quote.document_no,
            "total": quote.gross_total,
            "valid_until": quote.valid_until,
        },
        key=f"{quote.id}:{day}",
        requested_by=command.actor,
        now=command.now,
    )
