"""Makes draft quotes: from a proposal, as the next revision of a quote, or as a clone of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from cpq.quotes.domain.proposal import Proposal, QuoteRequest
from cpq.quotes.domain.quote import Quote, QuoteStatus


def create_draft(
    proposal: Proposal,
    *,
    quote_id: UUID,
    document_no: str,
    owner_id: str,
    custom_fields: Mapping[str, Any] | None = None,
    now: datetime,
) -> Quote:
    """Make a draft quote of a proposal."""
    return Quote(
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


def create_revision(
    before: Quote,
    proposal: Proposal,
    *,
    quote_id: UUID,
    custom_fields: Mapping[str, Any],
    now: datetime,
) -> Quote:
    """Make the draft of the next revision of a quote, under the same number."""
    draft = create_draft(
        proposal,
        quote_id=quote_id,
        document_no=before.document_no,
        owner_id=before.owner_id,
        custom_fields=custom_fields,
        now=now,
    )
    return replace(draft, revision=before.revision + 1, revises=before.id)


def revision_request(before: Quote) -> QuoteRequest:
    """Request the same lines from the same price book and price date, with a new validity."""
    return replace(before.to_request(), valid_until=None)


def clone_request(before: Quote, *, opportunity_id: UUID | None) -> QuoteRequest:
    """Request the same lines in the same currency, at today's prices."""
    return replace(
        before.to_request(),
        opportunity_id=opportunity_id or before.opportunity_id,
        price_book_id=None,
        price_date=None,
        valid_until=None,
    )
