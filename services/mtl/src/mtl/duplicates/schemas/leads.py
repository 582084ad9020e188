"""Response bodies of duplicates."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.foundation.words import SEMICOLON, in_words, joined
from chassis.web.references import PersonSubject
from kernel.personal import Personal
from mtl.duplicates.domain.leads import DuplicateReason, KnownLead, Likeness
from mtl.leads.domain.moves import LeadStatus
from mtl.texts import TEXTS


class DuplicateOut(BaseModel):
    """A lead that is like another one; of one that the caller may not see only its owner."""

    lead_id: UUID | None = Field(
        default=None, description="Null if the caller may not see the lead"
    )
    name: Annotated[str | None, Personal("name")] = None
    company: str | None = None
    status: LeadStatus | None = None
    created_at: datetime | None = None
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    score: int = Field(ge=0, le=100, description="How alike the two are: 100 if they share a key")
    is_same: bool = Field(description="Whether the score is high enough to take both for one lead")
    reasons: list[DuplicateReason] = []
    reason_text: str | None = Field(
        default=None, description="The reasons as people read them, in the preferred language"
    )

    @classmethod
    def of(cls, found: Likeness, lead: KnownLead, *, visible: bool) -> Self:
        """Return a duplicate as the caller may see it."""
        hidden = cls(owner_id=lead.owner_id, score=found.score, is_same=found.is_same)
        if not visible:
            return hidden
        return hidden.model_copy(
            update={
                "lead_id": lead.id,
                "name": lead.name,
                "company": lead.company,
                "status": lead.status,
                "created_at": lead.created_at,
                "reasons": list(found.reasons),
                "reason_text": reasons_in_words(found.reasons),
            }
        )


def reasons_in_words(reasons: tuple[DuplicateReason, ...]) -> str:
    """Return reasons as people read them, in the preferred language."""
    return joined(SEMICOLON, *(in_words(TEXTS[f"DuplicateReason.{one}"]) for one in reasons))
