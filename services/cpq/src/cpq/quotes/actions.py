from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.clock import business_date
from chassis.directory import settings_of, today
from chassis.numbers import next_number
from chassis.outbox import publish
from contracts.event import Event
from cpq.quotes import store
from cpq.quotes.domain.proposal import Asked, Buyer, Proposal, Terms, propose, terms_of
from cpq.quotes.domain.quote import Quote, draw_up
from kernel.errors import RuleBroken
from kernel.ids import new_id


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


async def send_quote(tx: AsyncConnection, quote_id: UUID, *, now: datetime) -> Quote:
    """Raises NotFound, RuleBroken (QUOTE_EXPIRED)."""
    quote = await store.get_locked(tx, quote_id)
    sent, event = quote.send(now=now, today=await today(tx, now))
    return await _moved(tx, sent, event)


async def accept_quote(tx: AsyncConnection, quote_id: UUID, *, now: datetime) -> Quote:
    """Raises NotFound, RuleBroken (QUOTE_NOT_SENT, QUOTE_EXPIRED)."""
    quote = await store.get_locked(tx, quote_id)
    accepted, event = quote.accept(now=now, today=await today(tx, now))
    return await _moved(tx, accepted, event)


async def _moved(tx: AsyncConnection, quote: Quote, event: Event | None) -> Quote:
    if event is None:
        return quote
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
