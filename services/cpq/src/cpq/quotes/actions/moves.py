"""Sends, accepts, rejects, expires, transfers, deletes and restores quotes."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records.deletion import mark_deleted, mark_restored
from chassis.records.tenant_settings import settings_of, today
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.cpq.events import QuoteDeleted, QuoteRestored
from contracts.event import Event
from cpq.quotes import store
from cpq.quotes.domain.quote import Quote, QuoteStatus

EXPIRE_JOB = "quote.expire"
DAY = timedelta(days=1)


async def send_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Send a draft and schedule its expiry; a quote that was sent is returned unchanged.

    Raises NotFound, RuleBroken (QUOTE_EXPIRED).
    """
    before = await store.get_locked(tx, quote_id)
    if before.was_sent:
        return before
    expected.check(before)
    settings = await settings_of(tx)
    sent = await save_and_publish(
        tx, *before.send(now=now, today=business_date(now, settings.timezone))
    )
    run_at = start_of_day(sent.valid_until + DAY, settings.timezone)
    await queue.enqueue(tx, EXPIRE_JOB, str(sent.id), run_at=run_at)
    return sent


async def accept_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Record that the customer accepts; an accepted quote is returned unchanged.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _EXPIRED, _REJECTED, _SUPERSEDED).
    """
    before = await store.get_locked(tx, quote_id)
    if before.status is QuoteStatus.ACCEPTED:
        return before
    expected.check(before)
    return await save_and_publish(tx, *before.accept(now=now, today=await today(tx, now)))


async def reject_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    reason: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Record that the customer declines; a rejected quote is returned with its first reason.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _ACCEPTED, _EXPIRED, _SUPERSEDED).
    """
    before = await store.get_locked(tx, quote_id)
    if before.status is QuoteStatus.REJECTED:
        return before
    expected.check(before)
    return await save_and_publish(tx, *before.reject(reason, now=now))


async def expire_quote(tx: AsyncConnection, quote_id: UUID, *, now: datetime) -> datetime | None:
    """Expire a sent quote whose last day has passed; return when to try again, if at all.

    Raises NotFound.
    """
    before = await store.get_locked(tx, quote_id)
    if before.status is not QuoteStatus.SENT:
        return None
    timezone = (await settings_of(tx)).timezone  # it may have changed since the quote was sent
    if not before.is_past_validity(business_date(now, timezone)):
        return start_of_day(before.valid_until + DAY, timezone)
    await save_and_publish(tx, *before.expire(now=now))
    return None


async def delete_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Delete a draft; a deleted one does not change.

    Raises NotFound, RuleBroken (QUOTE_NOT_DRAFT, QUOTE_REVISES).
    """
    before = await store.get_locked(tx, quote_id, with_deleted=True)
    after = mark_deleted(before, now=now, expected=expected)
    if after is not before:
        before.ensure_deletable()
        await save_and_publish(tx, after, QuoteDeleted(quote=after.state()))


async def restore_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Restore a deleted draft; any other quote is returned unchanged. Raises NotFound."""
    before = await store.get_locked(tx, quote_id, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    if after is before:
        return before
    return await save_and_publish(tx, after, QuoteRestored(quote=after.state()))


async def save_and_publish(tx: AsyncConnection, quote: Quote, event: Event) -> Quote:
    """Save a changed quote and publish its event; return the quote with its new version."""
    saved = await store.save(tx, quote)
    await publish(tx, event, of=saved)
    return saved
