"""Creates, previews, clones, amends and revises quotes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import business_date
from chassis.records.access.ownership import announce_ownership, eligible_owner, ownership_explained
from chassis.records.access.transfers import active_owner_name
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.numbers.numbers import next_number
from chassis.records.record_commands import (
    AlreadyMade,
    create_record,
    move_record,
    save_record,
    visibility_for,
)
from chassis.records.tenant_settings import settings_of
from chassis.records.work.actions import announce_owner
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import RecordRef
from cpq.opportunities.store import OPPORTUNITIES
from cpq.quotes import store, views
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
from cpq.quotes.domain.quote import Quote
from cpq.quotes.store import QUOTE
from kernel.errors import RuleBroken
from kernel.ids import new_id
from kernel.taxes import TaxRounding


async def create_quote(
    command: Command,
    request: QuoteRequest,
    *,
    owner_id: str | None = None,
    valid_custom_fields: Mapping[str, Any] | None = None,
) -> Quote:
    """Price, number, store and publish a draft; without `owner_id` it belongs to the actor.

    An owner who is not the actor is notified. The opportunity must be visible to the caller.
    `valid_custom_fields` are values that were validated before and are accepted as they are. Raises
    Invalid with all violations, RuleBroken (OPPORTUNITY_UNKNOWN, OPPORTUNITY_CLOSED,
    ACCOUNT_UNKNOWN).
    """
    if owner_id is not None and owner_id != command.actor:
        await active_owner_name(command.tx, owner_id)
    owner_id = owner_id or command.actor
    assert owner_id is not None
    custom_fields = await validated_custom_fields(
        command.tx, QUOTE.scoped.resource, request.custom_fields, before=valid_custom_fields
    )
    visibility = await visibility_for(command, OPPORTUNITIES.resource)
    proposal, terms = await _build_proposal(command, request, visibility=visibility)
    quote = create_draft(
        proposal,
        quote_id=new_id(),
        document_no=await next_number(command.tx, "cpq.quote", prefix="Q", on=terms.quote_date),
        owner_id=owner_id,
        custom_fields=custom_fields,
        now=command.now,
    )
    await create_record(command, QUOTE, quote, validate=False)
    about, name, actor = _reference(quote), quote.display_name, command.actor
    await announce_owner(command.tx, about, name=name, owner_id=owner_id, actor=actor)
    return quote


async def preview_quote(command: Command, request: QuoteRequest) -> Proposal:
    """Price a request without storing anything. Raises what `create_quote` raises."""
    visibility = await visibility_for(command, OPPORTUNITIES.resource)
    proposal, _terms = await _build_proposal(command, request, visibility=visibility)
    return proposal


async def clone_quote(command: Command, quote_id: UUID, *, opportunity_id: UUID | None) -> Quote:
    """Create a draft with the lines of a quote in any status, at today's prices.

    Raises NotFound, and what `create_quote` raises.
    """
    original = await store.get(command.tx, quote_id)
    request = clone_request(original, opportunity_id=opportunity_id)
    return await create_quote(command, request, valid_custom_fields=original.custom_fields)


async def amend_quote(
    command: Command, quote_id: UUID, edit: Callable[[QuoteRequest], QuoteRequest]
) -> Quote:
    """Change the request of a draft and price it again; without a difference nothing is written.

    A quote in approval, or approved, becomes a draft again, and a request for approval void.
    Custom fields alone can change in any status, and then no price changes.
    Raises NotFound, RuleBroken (QUOTE_NOT_DRAFT), and what `create_quote` raises.
    """
    before = await QUOTE.get(command.tx, quote_id, lock=True)
    old_request = before.to_request()
    request = await _edited_request(command, before, edit(old_request))
    if request == old_request:
        return before
    command.expected.check(before)
    after = replace(before, custom_fields=request.custom_fields)
    if not request.makes_same_offer(old_request):
        before.ensure_amendable()
        line_ids = [line.id for line in before.lines]
        proposal, _terms = await _build_proposal(command, request, line_ids=line_ids)
        after = after.amend(proposal)
    return await save_record(command, QUOTE, before, after)


async def _edited_request(command: Command, before: Quote, edited: QuoteRequest) -> QuoteRequest:
    """Return the edited request of a quote with valid custom fields. Raises Invalid."""
    custom_fields = await validated_custom_fields(
        command.tx, QUOTE.scoped.resource, edited.custom_fields, before=before.custom_fields
    )
    return replace(edited, custom_fields=custom_fields)


async def revise_quote(
    command: Command,
    quote_id: UUID,
    edit: Callable[[QuoteRequest], QuoteRequest] = lambda request: request,
) -> Quote:
    """Create the draft of the next revision; the old quote is superseded and cannot be accepted.

    A quote that was revised before returns its existing revision, if that is what this request
    would make. Raises NotFound, RuleBroken (QUOTE_NOT_SENT for a draft, which can be amended;
    QUOTE_ACCEPTED), Conflict (MOVE_MADE_OTHERWISE), and what `create_quote` raises.
    """
    revision_id = new_id()

    def supersede(quote: Quote) -> tuple[Quote, Event] | AlreadyMade:
        if quote.superseded_by is not None:
            return AlreadyMade(partial(_is_revision, command, quote, edit))
        return quote.supersede(revision_id, now=command.now)

    async def save(before: Quote, after: Quote, event: Event | None) -> Quote:
        request = await _edited_request(command, before, edit(revision_request(before)))
        proposal, _terms = await _build_proposal(command, request)
        revision = create_revision(
            before,
            proposal,
            quote_id=revision_id,
            custom_fields=request.custom_fields,
            now=command.now,
        )
        superseded = await save_record(command, QUOTE, before, after, event)
        await _add_revision(command, revision)
        return superseded

    superseded = await move_record(command, QUOTE, quote_id, supersede, save=save)
    assert superseded.superseded_by is not None
    return await store.get(command.tx, superseded.superseded_by)


async def _add_revision(command: Command, revision: Quote) -> None:
    """Store the revision for the owner of the quote; for who acts if that person has left."""
    tx, actor = command.tx, command.actor
    ownership = await eligible_owner(tx, revision.owner_id, acting=actor)
    assert ownership.owner_id is not None
    revision = replace(revision, owner_id=ownership.owner_id)
    async with ownership_explained(tx, ownership):
        await create_record(command, QUOTE, revision, validate=False)
    if ownership.passed_over is not None:  # otherwise the owner is not new
        about, name = _reference(revision), revision.display_name
        await announce_ownership(tx, about, name=name, ownership=ownership, actor=actor)


def _reference(quote: Quote) -> RecordRef:
    return RecordRef(resource=QUOTE.scoped.resource, record_id=quote.id)


async def _is_revision(
    command: Command, before: Quote, edit: Callable[[QuoteRequest], QuoteRequest]
) -> bool:
    """Whether the existing revision of a quote is what this edit of the quote would make."""
    assert before.superseded_by is not None
    revision = (await store.get(command.tx, before.superseded_by)).to_request()
    request = await _edited_request(command, before, edit(revision_request(before)))
    return request.is_met_by(revision)


async def _build_proposal(
    command: Command,
    request: QuoteRequest,
    *,
    visibility: Visibility = EVERYTHING,
    line_ids: Sequence[UUID] = (),
) -> tuple[Proposal, QuoteTerms]:
    """Price a request; its first lines take over `line_ids`, the ids of the lines they replace."""
    tx = command.tx
    settings = await settings_of(tx)
    terms = quote_terms(
        request,
        today=business_date(command.now, settings.timezone),
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
