from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import business_date, start_of_day
from chassis.deletion import deleted, restored
from chassis.directory import settings_of, today
from chassis.jobs import queue
from chassis.numbers import next_number
from chassis.outbox import publish
from chassis.preconditions import UNCONDITIONAL, Precondition
from contracts.cpq.events import QuoteDeleted, QuoteRestored
from contracts.event import Event
from cpq.quotes import store
from cpq.quotes.domain.drafts import asked_for_clone, asked_for_revision, draw_up, revise
from cpq.quotes.domain.proposal import Asked, Buyer, Proposal, Terms, propose, terms_of
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.domain.taxes import TaxRounding
from kernel.errors import RuleBroken
from kernel.ids import new_id

EXPIRE_JOB = "quote.expire"
DAY = timedelta(days=1)


async def create_quote(tx: AsyncConnection, asked: Asked, *, owner_id: str, now: datetime) -> Quote:
    """Price, number, store and publish a draft.

    Raises Invalid with everything wrong at once, and RuleBroken (OPPORTUNITY_UNKNOWN,
    OPPORTUNITY_CLOSED, ACCOUNT_UNKNOWN).
    """
    proposal, terms = await _proposal(tx, asked, now=now)
    number = await next_number(tx, "quote", prefix="Q", on=terms.drawn_on)
    quote, created = draw_up(
        proposal, quote_id=new_id(), document_no=number, owner_id=owner_id, now=now
    )
    await store.add(tx, quote)
    await publish(tx, created, of=quote)
    return quote


async def preview_quote(tx: AsyncConnection, asked: Asked, *, now: datetime) -> Proposal:
    """Price without storing anything. Raises what `create_quote` raises."""
    proposal, _terms = await _proposal(tx, asked, now=now)
    return proposal


async def clone_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    opportunity_id: UUID | None,
    owner_id: str,
    now: datetime,
) -> Quote:
    """A new draft with the same lines, at the prices of the day, whatever became of the other.

    Raises NotFound, and what `create_quote` raises.
    """
    before = await store.get(tx, quote_id)
    asked = asked_for_clone(before, opportunity_id=opportunity_id)
    return await create_quote(tx, asked, owner_id=owner_id, now=now)


async def amend_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    edit: Callable[[Asked], Asked],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Ask for something else in a draft, which is priced anew; what asks the same changes nothing.

    Raises NotFound, RuleBroken (QUOTE_NOT_DRAFT), and what `create_quote` raises.
    """
    before = await store.get_locked(tx, quote_id)
    expected.check(before)
    before.ensure_draft()
    asked = edit(before.asked())
    if asked == before.asked():
        return before
    proposal, _terms = await _proposal(tx, asked, now=now)
    amended, event = before.amend(proposal, now=now)
    await store.save_lines(tx, amended)
    return await _moved(tx, amended, event)


async def revise_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    edit: Callable[[Asked], Asked] = lambda asked: asked,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """The draft of the next revision; the quote it takes the place of can never be accepted again.

    One that was revised answers its successor. Raises NotFound, RuleBroken (QUOTE_NOT_SENT for a
    draft, which is amended; QUOTE_ACCEPTED), and what `create_quote` raises.
    """
    before = await store.get_locked(tx, quote_id)
    if before.superseded_by is not None:
        return await store.get(tx, before.superseded_by)
    expected.check(before)
    before.ensure_may(QuoteStatus.SUPERSEDED)
    proposal, _terms = await _proposal(tx, edit(asked_for_revision(before)), now=now)
    (old, revised), (draft, created) = revise(before, proposal, quote_id=new_id(), now=now)
    await _moved(tx, old, revised)
    await store.add(tx, draft)
    await publish(tx, created, of=draft)
    return draft


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
    sent = await _moved(tx, *before.send(now=now, today=business_date(now, settings.timezone)))
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
    return await _moved(tx, *before.accept(now=now, today=await today(tx, now)))


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
    return await _moved(tx, *before.reject(reason, now=now))


async def expire_quote(tx: AsyncConnection, quote_id: UUID, *, now: datetime) -> datetime | None:
    """Expire a sent quote whose last day has passed; else when to look again, if ever."""
    before = await store.get_locked(tx, quote_id)
    if before.status is not QuoteStatus.SENT:
        return None
    timezone = (await settings_of(tx)).timezone  # which may be another than when it was sent
    if not before.is_over(business_date(now, timezone)):
        return start_of_day(before.valid_until + DAY, timezone)
    await _moved(tx, *before.expire(now=now))
    return None


async def transfer_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
) -> Quote:
    """Somebody else owns it now; its owner already answers the same. Raises NotFound."""
    before = await store.get_locked(tx, quote_id)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    return await _moved(tx, *before.assign(owner_id, actor=actor, now=now))


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
        await _moved(tx, after, QuoteDeleted(quote=after.state()))


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
    return await _moved(tx, after, QuoteRestored(quote=after.state()))


async def _moved(tx: AsyncConnection, quote: Quote, event: Event) -> Quote:
    saved = await store.save(tx, quote)
    await publish(tx, event, of=saved)
    return saved


async def _proposal(tx: AsyncConnection, asked: Asked, *, now: datetime) -> tuple[Proposal, Terms]:
    settings = await settings_of(tx)
    terms = terms_of(
        asked,
        today=business_date(now, settings.timezone),
        currency=settings.currency,
        tax_rate=settings.default_tax_rate,
        tax_rounding=TaxRounding(settings.tax_rounding),
    )
    buyer = await _buyer(tx, asked.opportunity_id)
    book = await store.price_book(
        tx, asked.price_book_id, currency=terms.currency, day=terms.price_date
    )
    offers = await store.offers(tx, book, {line.product_id for line in asked.lines})
    line_ids = [new_id() for _ in asked.lines]
    return propose(asked, terms, buyer, book, offers, line_ids), terms


async def _buyer(tx: AsyncConnection, opportunity_id: UUID) -> Buyer:
    """Raises RuleBroken for what L2O has not told yet, or has closed."""
    opportunity = await store.opportunity(tx, opportunity_id)
    if opportunity is None:
        raise RuleBroken("OPPORTUNITY_UNKNOWN", opportunity_id=str(opportunity_id))
    return opportunity.buyer()
