"""How drafts come about: drawn up for an opportunity, in place of an older quote, or like one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.cpq.events import QuoteCreated, QuoteRevised
from cpq.quotes.domain.proposal import Asked, Proposal
from cpq.quotes.domain.quote import Quote, QuoteStatus


def draw_up(
    proposal: Proposal,
    *,
    quote_id: UUID,
    document_no: str,
    owner_id: str,
    custom_fields: Mapping[str, Any] | None = None,
    now: datetime,
) -> tuple[Quote, QuoteCreated]:
    """Make a draft of a proposal."""
    quote = Quote(
        **vars(proposal),
        id=quote_id,
        document_no=document_no,
        status=QuoteStatus.DRAFT,
        owner_id=owner_id,
        custom_fields=custom_fields or {},
        sent_at=None,
        accepted_at=None,
        created_at=now,
        updated_at=now,
    )
    return quote, QuoteCreated(quote=quote.state())


def revise(
    before: Quote,
    proposal: Proposal,
    *,
    quote_id: UUID,
    custom_fields: Mapping[str, Any],
    now: datetime,
) -> tuple[tuple[Quote, QuoteRevised], tuple[Quote, QuoteCreated]]:
    """The old quote, which gives way, and the draft of the next revision under its number.

    Raises RuleBroken: a draft is amended, and what was accepted stays.
    """
    old = before.give_way(quote_id, now=now)
    draft, _ = draw_up(
        proposal,
        quote_id=quote_id,
        document_no=before.document_no,
        owner_id=before.owner_id,
        custom_fields=custom_fields,
        now=now,
    )
    draft = replace(draft, revision=before.revision + 1, revises=before.id)
    return old, (draft, QuoteCreated(quote=draft.state()))


def asked_for_revision(before: Quote) -> Asked:
    """The same from the same book, as of the same price date, valid anew."""
    return replace(before.asked(), valid_until=None)


def asked_for_clone(before: Quote, *, opportunity_id: UUID | None) -> Asked:
    """The same lines in the same currency, at the prices of the day."""
    return replace(
        before.asked(),
        opportunity_id=opportunity_id or before.opportunity_id,
        price_book_id=None,
        price_date=None,
        valid_until=None,
    )
