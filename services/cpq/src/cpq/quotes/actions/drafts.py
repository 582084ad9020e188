"""Creates, previews, clones, amends and revises quotes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.clock import business_date
from chassis.records.access.transfers import active_owner_name
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.numbers.numbers import next_number
from chassis.records.tenant_settings import settings_of
from chassis.records.work.actions import announce_owner
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.work import RecordRef
from cpq.quotes import store, views
from cpq.quotes.actions.moves import save_and_publish
from cpq.quotes.domain.drafts import (
    clone_request,
    create_draft,
    create_revision,
    revision_request,
)
from cpq.quotes.domain.proposal import (
    Buyer,
    Proposal,
    QuoteRequest,
    QuoteTerms,
    build_proposal,
    quote_terms,
)
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.domain.taxes import TaxRounding
from kernel.errors import RuleBroken
from kernel.ids import new_id

RESOURCE = "cpq.quote"


async def create_quote(
    tx: AsyncConnection,
    request: QuoteRequest,
    *,
    actor: str,
    owner_id: str | None = None,
    visibility: Visibility = EVERYTHING,
    valid_custom_fields: Mapping[str, Any] | None = None,
    now: datetime,
) -> Quote:
    """Price, number, store and publish a draft; its owner is `actor` unless `owner_id` is given.

    An owner who is not the actor is notified.
    `visibility` limits the opportunities that can be quoted. `valid_custom_fields` are values that
    were validated before and are accepted as they are. Raises Invalid with all violations, and
    RuleBroken (OPPORTUNITY_UNKNOWN, OPPORTUNITY_CLOSED, ACCOUNT_UNKNOWN).
    """
    if owner_id is not None and owner_id != actor:
        await active_owner_name(tx, owner_id)
    custom_fields = await validated_custom_fields(
        tx, RESOURCE, request.custom_fields, before=valid_custom_fields
    )
    proposal, terms = await _build_proposal(tx, request, visibility=visibility, now=now)
    number = await next_number(tx, "quote", prefix="Q", on=terms.quote_date)
    quote, created = create_draft(
        proposal,
        quote_id=new_id(),
        document_no=number,
        owner_id=owner_id or actor,
        custom_fields=custom_fields,
        now=now,
    )
    await store.add(tx, quote)
    await publish(tx, created, of=quote)
    about = RecordRef(resource=RESOURCE, record_id=quote.id)
    await announce_owner(tx, about, name=quote.display_name, owner_id=quote.owner_id, actor=actor)
    return quote


async def preview_quote(
    tx: AsyncConnection,
    request: QuoteRequest,
    *,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> Proposal:
    """Price a request without storing anything. Raises what `create_quote` raises."""
    proposal, _terms = await _build_proposal(tx, request, visibility=visibility, now=now)
    return proposal


async def clone_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    *,
    opportunity_id: UUID | None,
    actor: str,
    visibility: Visibility = EVERYTHING,
    now: datetime,
) -> Quote:
    """Create a draft with the lines of a quote in any status, at today's prices.

    Raises NotFound, and what `create_quote` raises.
    """
    original = await store.get(tx, quote_id)
    return await create_quote(
        tx,
        clone_request(original, opportunity_id=opportunity_id),
        actor=actor,
        visibility=visibility,
        valid_custom_fields=original.custom_fields,
        now=now,
    )


async def amend_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    edit: Callable[[QuoteRequest], QuoteRequest],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Change the request of a draft and price it again; without a difference nothing is written.

    Custom fields alone can change in any status, and then no price changes.
    Raises NotFound, RuleBroken (QUOTE_NOT_DRAFT), and what `create_quote` raises.
    """
    before = await store.get_locked(tx, quote_id)
    request = await _edited_request(tx, before, edit)
    if request == before.to_request():
        return before
    expected.check(before)
    if request.makes_same_offer(before.to_request()):
        changed = before.change_custom_fields(request.custom_fields, now=now)
        return await save_and_publish(tx, *changed)
    before.ensure_draft()
    line_ids = [line.id for line in before.lines]
    proposal, _terms = await _build_proposal(tx, request, line_ids=line_ids, now=now)
    amended, event = before.amend(proposal, request.custom_fields, now=now)
    await store.save_lines(tx, amended, previous=before)
    return await save_and_publish(tx, amended, event)


async def _edited_request(
    tx: AsyncConnection, before: Quote, edit: Callable[[QuoteRequest], QuoteRequest]
) -> QuoteRequest:
    """Apply an edit to the request of a quote and validate its custom fields. Raises Invalid."""
    request = edit(before.to_request())
    custom_fields = await validated_custom_fields(
        tx, RESOURCE, request.custom_fields, before=before.custom_fields
    )
    return replace(request, custom_fields=custom_fields)


async def revise_quote(
    tx: AsyncConnection,
    quote_id: UUID,
    edit: Callable[[QuoteRequest], QuoteRequest] = lambda request: request,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Quote:
    """Create the draft of the next revision; the old quote is superseded and cannot be accepted.

    A quote that was revised before returns its existing revision. Raises NotFound, RuleBroken
    (QUOTE_NOT_SENT for a draft, which can be amended; QUOTE_ACCEPTED), and what `create_quote`
    raises.
    """
    before = await store.get_locked(tx, quote_id)
    if before.superseded_by is not None:
        return await store.get(tx, before.superseded_by)
    expected.check(before)
    before.ensure_can_move_to(QuoteStatus.SUPERSEDED)
    request = await _edited_request(tx, before, lambda _: edit(revision_request(before)))
    proposal, _terms = await _build_proposal(tx, request, now=now)
    (superseded, revised), (draft, created) = create_revision(
        before, proposal, quote_id=new_id(), custom_fields=request.custom_fields, now=now
    )
    await save_and_publish(tx, superseded, revised)
    await store.add(tx, draft)
    await publish(tx, created, of=draft)
    return draft


async def _build_proposal(
    tx: AsyncConnection,
    request: QuoteRequest,
    *,
    visibility: Visibility = EVERYTHING,
    line_ids: Sequence[UUID] = (),
    now: datetime,
) -> tuple[Proposal, QuoteTerms]:
    """Price a request; its first lines take over `line_ids`, the ids of the lines they replace."""
    settings = await settings_of(tx)
    terms = quote_terms(
        request,
        today=business_date(now, settings.timezone),
        currency=settings.currency,
        tax_rate=settings.default_tax_rate,
        tax_rounding=TaxRounding(settings.tax_rounding),
    )
    buyer = await _find_buyer(tx, request.opportunity_id, visibility)
    book = await views.find_price_book(
        tx, request.price_book_id, currency=terms.currency, price_date=terms.price_date
    )
    prices = await views.product_prices(tx, book, {line.product_id for line in request.lines})
    ids = [*line_ids, *(new_id() for _ in request.lines)][: len(request.lines)]
    return build_proposal(request, terms, buyer, book, prices, ids), terms


async def _find_buyer(tx: AsyncConnection, opportunity_id: UUID, visibility: Visibility) -> Buyer:
    """Return the buyer of an opportunity.

    Raises RuleBroken if the opportunity was not received yet, is not visible, or is closed.
    """
    opportunity = await views.find_opportunity(tx, opportunity_id, visibility)
    if opportunity is None:
        raise RuleBroken("OPPORTUNITY_UNKNOWN", opportunity_id=str(opportunity_id))
    return opportunity.to_buyer()
