"""Sends, accepts, rejects, expires, transfers, deletes and restores quotes."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records.deletion import mark_deleted, mark_restored
from chassis.records.tenant_settings import settings_of, today
from chassis.records.work.actions import notify
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.cpq.events import QuoteDeleted, QuoteRestored
from contracts.event import Event
from contracts.work import NoticeKind, RecordRef
from cpq.quotes import store
from cpq.quotes.domain.quote import Quote, QuoteStatus

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
    """Record that the customer accepts and notify the owner; an accepted quote does not change.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _EXPIRED, _REJECTED, _SUPERSEDED).
    """
    before = await store.get_locked(tx, quote_id)
    if before.status is QuoteStatus.ACCEPTED:
        return before
    expected.check(before)
    accepted = await save_and_publish(tx, *before.accept(now=now, today=await today(tx, now)))
    await _notify_owner(tx, QUOTE_ACCEPTED, accepted)
    return accepted


async def reject_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    reason: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Record that the customer declines and notify the owner; a rejected quote does not change.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _ACCEPTED, _EXPIRED, _SUPERSEDED).
    """
    before = await store.get_locked(tx, quote_id)
    if before.status is QuoteStatus.REJECTED:
        return before
    expected.check(before)
    rejected = await save_and_publish(tx, *before.reject(reason, now=now))
    await _notify_owner(tx, QUOTE_REJECTED, rejected)
    return rejected


async def expire_quote(tx: AsyncConnection, quote_id: UUID, *, now: datetime) -> datetime | None:
    """Expire a sent quote whose last day has passed, and notify the owner.

    Return when to try again, if at all.

    Raises NotFound.
    """
    before = await store.get_locked(tx, quote_id)
    if before.status is not QuoteStatus.SENT:
        return None
    timezone = (await settings_of(tx)).timezone  # it may have changed since the quote was sent
    if not before.is_past_validity(business_date(now, timezone)):
        return start_of_day(before.valid_until + DAY, timezone)
    expired = await save_and_publish(tx, *before.expire(now=now))
    await _notify_owner(tx, QUOTE_EXPIRED, expired)
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


async def _notify_owner(tx: AsyncConnection, kind: NoticeKind, quote: Quote) -> None:
    about = RecordRef(resource=store.QUOTES.resource, record_id=quote.id)
    params = {"document_no": quote.document_no, "name": quote.account_name}
    await notify(tx, kind, about, recipient=quote.owner_id, params=params)


async def save_and_publish(tx: AsyncConnection, quote: Quote, event: Event) -> Quote:
    """Save a changed quote and publish its event; return the quote with its new version."""
    saved = await store.save(tx, quote)
    await publish(tx, event, of=saved)
    return saved
