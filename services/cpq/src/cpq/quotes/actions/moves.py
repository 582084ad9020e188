"""Sends, accepts, rejects, expires, deletes and restores quotes."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records.record_commands import delete_record, move_record, restore_record, save_record
from chassis.records.tenant_settings import settings_of, today
from chassis.web.commands import Command
from contracts.event import Event
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.store import QUOTE

EXPIRE_JOB = "quote.expire"
DAY = timedelta(days=1)


async def send_quote(command: Command, quote_id: UUID) -> Quote:
    """Send a draft and schedule its expiry; a quote that was sent is returned unchanged.

    Raises NotFound, RuleBroken (QUOTE_EXPIRED).
    """
    timezone = (await settings_of(command.tx)).timezone

    def send(quote: Quote) -> tuple[Quote, Event] | None:
        if quote.was_sent:
            return None
        return quote.send(now=command.now, today=business_date(command.now, timezone))

    async def save(before: Quote, after: Quote, event: Event | None) -> Quote:
        sent = await save_record(command, QUOTE, before, after, event)
        run_at = start_of_day(sent.valid_until + DAY, timezone)
        await queue.enqueue(command.tx, EXPIRE_JOB, str(sent.id), run_at=run_at)
        return sent

    return await move_record(command, QUOTE, quote_id, send, save=save)


async def accept_quote(command: Command, quote_id: UUID) -> Quote:
    """Record that the customer accepts; an accepted quote is returned unchanged.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _EXPIRED, _REJECTED, _SUPERSEDED).
    """
    day = await today(command.tx, command.now)

    def accept(quote: Quote) -> tuple[Quote, Event] | None:
        if quote.status is QuoteStatus.ACCEPTED:
            return None
        return quote.accept(now=command.now, today=day)

    return await move_record(command, QUOTE, quote_id, accept)


async def reject_quote(command: Command, quote_id: UUID, *, reason: str) -> Quote:
    """Record that the customer declines; a rejected quote is returned with its first reason.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _ACCEPTED, _EXPIRED, _SUPERSEDED).
    """

    def reject(quote: Quote) -> tuple[Quote, Event] | None:
        if quote.status is QuoteStatus.REJECTED:
            return None
        return quote.reject(reason, now=command.now)

    return await move_record(command, QUOTE, quote_id, reject)


async def expire_quote(command: Command, quote_id: UUID) -> datetime | None:
    """Expire a sent quote whose last day has passed; return when to try again, if at all.

    Raises NotFound.
    """
    timezone = (await settings_of(command.tx)).timezone  # may have changed since it was sent
    day = business_date(command.now, timezone)

    def expire(quote: Quote) -> tuple[Quote, Event] | None:
        if quote.status is not QuoteStatus.SENT or not quote.is_past_validity(day):
            return None
        return quote.expire(now=command.now)

    quote = await move_record(command, QUOTE, quote_id, expire)
    is_waiting = quote.status is QuoteStatus.SENT
    return start_of_day(quote.valid_until + DAY, timezone) if is_waiting else None


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
