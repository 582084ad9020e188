"""What becomes of a quote: sent, answered, expired, given away, deleted."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.clock import business_date, start_of_day
from chassis.jobs import queue
from chassis.records.deletion import deleted, restored
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
    """Hand it over, and promise that it expires. Raises NotFound, RuleBroken (QUOTE_EXPIRED)."""
    before = await store.get_locked(tx, quote_id)
    if before.was_sent:
        return before
    expected.check(before)
    settings = await settings_of(tx)
    sent = await moved(tx, *before.send(now=now, today=business_date(now, settings.timezone)))
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
    """Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _EXPIRED, _REJECTED, _SUPERSEDED)."""
    before = await store.get_locked(tx, quote_id)
    if before.status is QuoteStatus.ACCEPTED:
        return before
    expected.check(before)
    return await moved(tx, *before.accept(now=now, today=await today(tx, now)))


async def reject_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    reason: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """A rejected one keeps its first reason.

    Raises NotFound, RuleBroken (QUOTE_NOT_SENT, _ACCEPTED, _EXPIRED, _SUPERSEDED).
    """
    before = await store.get_locked(tx, quote_id)
    if before.status is QuoteStatus.REJECTED:
        return before
    expected.check(before)
    return await moved(tx, *before.reject(reason, now=now))


async def expire_quote(tx: AsyncConnection, quote_id: UUID, *, now: datetime) -> datetime | None:
    """Expire a sent quote whose last day has passed; else when to look again, if ever."""
    before = await store.get_locked(tx, quote_id)
    if before.status is not QuoteStatus.SENT:
        return None
    timezone = (await settings_of(tx)).timezone  # which may be another than when it was sent
    if not before.is_over(business_date(now, timezone)):
        return start_of_day(before.valid_until + DAY, timezone)
    await moved(tx, *before.expire(now=now))
    return None


async def transfer_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Quote:
    """Somebody else owns it now; its owner already answers the same. Raises NotFound."""
    before = await store.get_locked(tx, quote_id)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    return await moved(tx, *before.assign(owner_id, actor=actor, now=now, reason=reason))


async def delete_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """A draft only. Raises NotFound, RuleBroken (QUOTE_NOT_DRAFT, QUOTE_REVISES)."""
    before = await store.get_locked(tx, quote_id, with_deleted=True)
    after = deleted(before, now=now, expected=expected)
    if after is not before:
        before.ensure_deletable()
        await moved(tx, after, QuoteDeleted(quote=after.state()))


async def restore_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """One that is not deleted answers itself. Raises NotFound."""
    before = await store.get_locked(tx, quote_id, with_deleted=True)
    after = restored(before, now=now, expected=expected)
    if after is before:
        return before
    return await moved(tx, after, QuoteRestored(quote=after.state()))


async def moved(tx: AsyncConnection, quote: Quote, event: Event) -> Quote:
    """As saved and published."""
    saved = await store.save(tx, quote)
    await publish(tx, event, of=saved)
    return saved
