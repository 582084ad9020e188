"""Sends, accepts, rejects, expires, deletes and restores quotes."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    delete_record,
    move_record,
    restore_record,
    save_record,
)
from chassis.records.tenant_settings import settings_of, today
from chassis.records.work.actions import notify
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import NoticeKind, RecordRef
from cpq.quotes.actions.approvals import approval_rules
from cpq.quotes.domain.approval import ensure_sendable
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.store import QUOTE

EXPIRE_JOB = "quote.expire"
DAY = timedelta(days=1)
QUOTE_ACCEPTED: Final = NoticeKind(
    "QUOTE_ACCEPTED",
    zh="{name} 已接受报价 {document_no}。",
    en="{name} has accepted quote {document_no}.",
)
QUOTE_REJECTED: Final = NoticeKind(
    "QUOTE_REJECTED",
    zh="{name} 已拒绝报价 {document_no}。",
    en="{name} has rejected quote {document_no}.",
)
QUOTE_EXPIRED: Final = NoticeKind(
    "QUOTE_EXPIRED",
    zh="给 {name} 的报价 {document_no} 已过期。",
    en="Quote {document_no} for {name} has expired.",
)


async def send_quote(command: Command, quote_id: UUID) -> Quote:
    """Send a quote and schedule its expiry; one that was sent is returned unchanged.

    Raises NotFound, RuleBroken (QUOTE_NEEDS_APPROVAL, QUOTE_IN_APPROVAL, QUOTE_EXPIRED).
    """
    timezone = (await settings_of(command.tx)).timezone
    rules = await approval_rules(command.tx)

    def send(quote: Quote) -> tuple[Quote, Event] | AlreadyMade:
        if quote.was_sent:
            quote.ensure_sent_or_accepted()
            return MADE
        ensure_sendable(quote, rules)
        return quote.send(now=command.now, today=business_date(command.now, timezone))

    async def save(before: Quote, after: Quote, event: Event | None) -> Quote:
        sent = await save_record(command, QUOTE, before, after, event)
        run_at = start_of_day(sent.valid_until + DAY, timezone)
        about = RecordRef(resource=QUOTE.scoped.resource, record_id=sent.id)
        await queue.enqueue(command.tx, EXPIRE_JOB, str(sent.id), run_at=run_at, about=about)
        return sent

    return await move_record(command, QUOTE, quote_id, send, save=save)


async def accept_quote(command: Command, quote_id: UUID) -> Quote:
    """Record that the customer accepts and notify the owner; an accepted quote does not change.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _EXPIRED, _REJECTED, _SUPERSEDED).
    """
    day = await today(command.tx, command.now)

    def accept(quote: Quote) -> tuple[Quote, Event] | AlreadyMade:
        if quote.status is QuoteStatus.ACCEPTED:
            return MADE
        return quote.accept(now=command.now, today=day, by=command.actor)

    save = partial(_save_and_notify, command, QUOTE_ACCEPTED)
    return await move_record(command, QUOTE, quote_id, accept, save=save)


async def reject_quote(command: Command, quote_id: UUID, *, reason: str) -> Quote:
    """Record that the customer declines and notify the owner; a rejected quote does not change.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _ACCEPTED, _EXPIRED, _SUPERSEDED),
    Conflict (MOVE_MADE_OTHERWISE).
    """

    def reject(quote: Quote) -> tuple[Quote, Event] | AlreadyMade:
        if quote.status is QuoteStatus.REJECTED:
            return AlreadyMade(same=quote.rejected_reason == reason)
        return quote.reject(reason, now=command.now)

    save = partial(_save_and_notify, command, QUOTE_REJECTED)
    return await move_record(command, QUOTE, quote_id, reject, save=save)


async def expire_quote(command: Command, quote_id: UUID) -> datetime | None:
    """Expire a sent quote whose last day has passed, and notify the owner.

    Return when to try again, if at all.

    Raises NotFound.
    """
    timezone = (await settings_of(command.tx)).timezone  # may have changed since it was sent
    day = business_date(command.now, timezone)

    def expire(quote: Quote) -> tuple[Quote, Event] | AlreadyMade:
        if quote.status is not QuoteStatus.SENT or not quote.is_past_validity(day):
            return MADE
        return quote.expire(now=command.now)

    save = partial(_save_and_notify, command, QUOTE_EXPIRED)
    quote = await move_record(command, QUOTE, quote_id, expire, save=save)
    is_waiting = quote.status is QuoteStatus.SENT
    return start_of_day(quote.valid_until + DAY, timezone) if is_waiting else None


async def _save_and_notify(
    command: Command, kind: NoticeKind, before: Quote, after: Quote, event: Event | None
) -> Quote:
    """Save a moved quote and notify its owner."""
    quote = await save_record(command, QUOTE, before, after, event)
    about = RecordRef(resource=QUOTE.scoped.resource, record_id=quote.id)
    params = {"document_no": quote.document_no, "name": quote.account_name}
    await notify(command.tx, kind, about, recipient=quote.owner_id, params=params)
    return quote


async def delete_quote(command: Command, quote_id: UUID) -> None:
    """Delete a draft; a deleted one does not change.

    Raises NotFound, RuleBroken (QUOTE_NOT_DRAFT, QUOTE_REVISES).
    """

    async def prepare(quote: Quote) -> Quote:
        quote.ensure_deletable()
        return quote

    await delete_record(command, QUOTE, quote_id, prepare=prepare)


async def restore_quote(command: Command, quote_id: UUID) -> Quote:
    """Restore a deleted draft; any other quote is returned unchanged. Raises NotFound."""
    return await restore_record(command, QUOTE, quote_id)
