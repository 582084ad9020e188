"""How quotes are drawn up, priced anew and revised."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.clock import business_date
from chassis.records.access.transfers import owner_name
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.numbers.numbers import next_number
from chassis.records.tenant_settings import settings_of
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from cpq.quotes import store
from cpq.quotes.actions.moves import moved
from cpq.quotes.domain.drafts import asked_for_clone, asked_for_revision, draw_up, revise
from cpq.quotes.domain.proposal import Asked, Buyer, Proposal, Terms, propose, terms_of
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.domain.taxes import TaxRounding
from kernel.errors import RuleBroken
from kernel.ids import new_id

RESOURCE = "cpq.quote"


async def create_quote(
    tx: AsyncConnection,
    asked: Asked,
    *,
    actor: str,
    owner_id: str | None = None,
    sees: Visibility = EVERYTHING,
    noted: Mapping[str, Any] | None = None,
    now: datetime,
) -> Quote:
    """Price, number, store and publish a draft, the actor's unless it is for another owner.

    `sees` is how far the actor sees into opportunities, `noted` are custom fields that were checked
    elsewhere. Raises Invalid with everything wrong at once, and RuleBroken (OPPORTUNITY_UNKNOWN,
    OPPORTUNITY_CLOSED, ACCOUNT_UNKNOWN).
    """
    if owner_id is not None and owner_id != actor:
        await owner_name(tx, owner_id)
    notes = await validated_custom_fields(tx, RESOURCE, asked.custom_fields, before=noted)
    proposal, terms = await _proposal(tx, asked, sees=sees, now=now)
    number = await next_number(tx, "quote", prefix="Q", on=terms.drawn_on)
    quote, created = draw_up(
        proposal,
        quote_id=new_id(),
        document_no=number,
        owner_id=owner_id or actor,
        custom_fields=notes,
        now=now,
    )
    await store.add(tx, quote)
    await publish(tx, created, of=quote)
    return quote


async def preview_quote(
    tx: AsyncConnection, asked: Asked, *, sees: Visibility = EVERYTHING, now: datetime
) -> Proposal:
    """Price without storing anything. Raises what `create_quote` raises."""
    proposal, _terms = await _proposal(tx, asked, sees=sees, now=now)
    return proposal


async def clone_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    opportunity_id: UUID | None,
    actor: str,
    sees: Visibility = EVERYTHING,
    now: datetime,
) -> Quote:
    """A new draft with the same lines, at the prices of the day, whatever became of the other.

    Raises NotFound, and what `create_quote` raises.
    """
    before = await store.get(tx, quote_id)
    asked = asked_for_clone(before, opportunity_id=opportunity_id)
    return await create_quote(
        tx, asked, actor=actor, sees=sees, noted=before.custom_fields, now=now
    )


async def amend_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    edit: Callable[[Asked], Asked],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Ask for something else in a draft, which is priced anew; what asks the same changes nothing.

    Custom fields alone change in a quote of any status, and no price with them.
    Raises NotFound, RuleBroken (QUOTE_NOT_DRAFT), and what `create_quote` raises.
    """
    before = await store.get_locked(tx, quote_id)
    asked = await _noted(tx, before, edit)
    if asked == before.asked():
        return before
    expected.check(before)
    if asked.offers_what(before.asked()):
        return await moved(tx, *before.annotate(asked.custom_fields, now=now))
    before.ensure_draft()
    line_ids = [line.id for line in before.lines]
    proposal, _terms = await _proposal(tx, asked, line_ids=line_ids, now=now)
    amended, event = before.amend(proposal, asked.custom_fields, now=now)
    await store.save_lines(tx, amended, was=before)
    return await moved(tx, amended, event)


async def _noted(tx: AsyncConnection, before: Quote, edit: Callable[[Asked], Asked]) -> Asked:
    """What is asked for, its custom fields checked. Raises Invalid."""
    asked = edit(before.asked())
    notes = await validated_custom_fields(
        tx, RESOURCE, asked.custom_fields, before=before.custom_fields
    )
    return replace(asked, custom_fields=notes)


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
    asked = await _noted(tx, before, lambda _: edit(asked_for_revision(before)))
    proposal, _terms = await _proposal(tx, asked, now=now)
    (old, revised), (draft, created) = revise(
        before, proposal, quote_id=new_id(), custom_fields=asked.custom_fields, now=now
    )
    await moved(tx, old, revised)
    await store.add(tx, draft)
    await publish(tx, created, of=draft)
    return draft


async def _proposal(
    tx: AsyncConnection,
    asked: Asked,
    *,
    sees: Visibility = EVERYTHING,
    line_ids: Sequence[UUID] = (),
    now: datetime,
) -> tuple[Proposal, Terms]:
    """Priced, and on which terms; `line_ids` are those of the lines that it takes the place of."""
    settings = await settings_of(tx)
    terms = terms_of(
        asked,
        today=business_date(now, settings.timezone),
        currency=settings.currency,
        tax_rate=settings.default_tax_rate,
        tax_rounding=TaxRounding(settings.tax_rounding),
    )
    buyer = await _buyer(tx, asked.opportunity_id, sees)
    book = await store.price_book(
        tx, asked.price_book_id, currency=terms.currency, day=terms.price_date
    )
    offers = await store.offers(tx, book, {line.product_id for line in asked.lines})
    ids = [*line_ids, *(new_id() for _ in asked.lines)][: len(asked.lines)]
    return propose(asked, terms, buyer, book, offers, ids), terms


async def _buyer(tx: AsyncConnection, opportunity_id: UUID, sees: Visibility) -> Buyer:
    """Raises RuleBroken for what L2O has not told yet, the caller does not see, or is closed."""
    opportunity = await store.opportunity(tx, opportunity_id, sees)
    if opportunity is None:
        raise RuleBroken("OPPORTUNITY_UNKNOWN", opportunity_id=str(opportunity_id))
    return opportunity.buyer()
