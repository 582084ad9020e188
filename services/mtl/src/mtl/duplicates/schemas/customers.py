"""Response bodies of the accounts and contacts that a lead may belong to."""

from collections.abc import Collection
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.web.references import PersonSubject, RefersTo
from mtl.duplicates.domain.customers import LikeCustomers, Proposal
from mtl.duplicates.domain.leads import DuplicateReason
from mtl.duplicates.schemas.leads import DuplicateOut, reasons_in_words


class AccountProposalOut(BaseModel):
    """An account that a lead may belong to; of one that the caller may not see only its owner."""

    account_id: Annotated[UUID | None, RefersTo("l2o.account")] = Field(
        default=None, description="Null if the caller may not see the account"
    )
    account_name: str | None = None
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    score: int = Field(ge=0, le=100, description="100 by phone, mail or an earlier lead")
    is_same: bool = Field(description="Whether the score is high enough to propose no other")
    reasons: list[DuplicateReason] = []
    reason_text: str | None = Field(
        default=None, description="The reasons as people read them, in the preferred language"
    )

    @classmethod
    def of(cls, proposal: Proposal, visible: Collection[UUID]) -> Self:
        """Return a proposal as the caller may see it, to whom these accounts are visible."""
        return cls(
            owner_id=proposal.owner_id,
            score=proposal.score,
            is_same=proposal.is_same,
            **_shown(proposal) if proposal.account_id in visible else {},
        )


class ContactProposalOut(AccountProposalOut):
    """A contact who may be the person of a lead; of a hidden one only the owner."""

    contact_id: Annotated[UUID | None, RefersTo("l2o.contact")] = Field(
        default=None, description="Null if the caller may not see the contact"
    )
    contact_name: str | None = None


def _shown(proposal: Proposal) -> dict[str, Any]:
    contact = {} if proposal.contact_id is None else {"contact_id": proposal.contact_id}
    return {
        "account_id": proposal.account_id,
        "reasons": list(proposal.reasons),
        "reason_text": reasons_in_words(proposal.reasons),
        **contact,
    }


class LikeCustomersOut(BaseModel):
    """The accounts and contacts that a lead may belong to, the likeliest first; at most 20 each.

    Of those that the caller may not see only the owner is shown.
    """

    accounts: list[AccountProposalOut]
    contacts: list[ContactProposalOut]

    @classmethod
    def of(cls, found: LikeCustomers, **more: Any) -> Self:
        """Return proposals as the caller may see them."""
        return cls(
            accounts=[AccountProposalOut.of(one, found.visible) for one in found.accounts],
            contacts=[ContactProposalOut.of(one, found.visible) for one in found.contacts],
            **more,
        )


class DuplicatesOut(LikeCustomersOut):
    """The leads that are like another one, the most alike first; at most 20.

    Beside them stand the accounts and contacts to which the person may belong already.
    """

    duplicates: list[DuplicateOut]
