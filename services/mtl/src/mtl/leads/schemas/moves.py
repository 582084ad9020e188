"""Request and response bodies of the moves of a lead from one status to another."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis.foundation.context import current
from chassis.foundation.texts import filled
from chassis.foundation.words import COLON, in_words, joined
from chassis.web.references import PersonSubject, RefersTo
from kernel.business_dates import BusinessDate
from kernel.personal import Personal
from kernel.texts import TrimmedText
from mtl.leads.domain.moves import (
    FORBIDDEN_CODES,
    LEAD_MOVES,
    OFFERED_MOVES,
    InvalidReason,
    LeadMove,
    LeadStatus,
    RefusalReason,
)
from mtl.texts import TEXTS

Note = Annotated[str, TrimmedText(min_length=1, max_length=500), Personal("text")]


class _Reasoned(BaseModel):
    """A reason from a list, with a note; `OTHER` needs one."""

    note: Note | None = Field(default=None, description="Needed with the reason `OTHER`")

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if getattr(self, "reason", None) == "OTHER" and self.note is None:
            raise PydanticCustomError("NOTE_MISSING", "Another reason needs a note")
        return self


class LeadDisqualifyIn(_Reasoned):
    """Why a lead is disqualified."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"reason": "WRONG_CONTACT", "note": "号码为空号"}},
    )

    reason: InvalidReason


class LeadRefuseIn(_Reasoned):
    """Why sales refuse a lead."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "CONTACT_INCOMPLETE"}}
    )

    reason: RefusalReason


class LeadNurtureIn(BaseModel):
    """Until when a lead sleeps."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"wakes_on": "2027-03-01"}}
    )

    wakes_on: BusinessDate = Field(description="After today, within three years")
    note: Note | None = None


class LeadReopenIn(BaseModel):
    """Why a lead is opened again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "客户回电"}})

    note: Note | None = None


def reason_in_words(prefix: str) -> BeforeValidator:
    """Fill a field with what people read as reason and note, which are declared before it.

    A reason is a code of a list, or one for which L2O rejected a conversion or a lead woke.
    """

    def words(_: Any, info: ValidationInfo) -> str | None:
        return words_of_reason(info.data.get(f"{prefix}reason"), info.data.get(f"{prefix}note"))

    return BeforeValidator(words)


def words_of_reason(reason: str | None, note: str | None) -> str | None:
    """Return reason and note as people read them, in the preferred language; None for none."""
    if reason is None:
        return note or None
    text = next((TEXTS[name] for name in _names_of(reason) if name in TEXTS), None)
    label = reason if text is None else in_words(text)
    return joined(COLON, label, note) or None


def _names_of(reason: str) -> tuple[str, ...]:
    return (f"InvalidReason.{reason}", f"RefusalReason.{reason}", reason)


REASON_TEXT = Field(
    None,
    validate_default=True,
    description="Reason and note as people read them, in the preferred language",
)


class LeadMoveOut(BaseModel):
    """A change of status; the ids are those of the conversion that caused or preceded it."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    from_status: LeadStatus
    to_status: LeadStatus
    reason: str | None = Field(description="The code of a reason")
    note: Annotated[str | None, Personal("text")]
    reason_text: Annotated[str | None, reason_in_words("")] = REASON_TEXT
    actor: Annotated[str | None, PersonSubject]
    actor_name: str | None = None
    conversion_id: UUID | None
    account_id: Annotated[UUID | None, RefersTo("l2o.account")]
    account_name: str | None = None
    contact_id: Annotated[UUID | None, RefersTo("l2o.contact")]
    contact_name: str | None = None
    opportunity_id: Annotated[UUID | None, RefersTo("l2o.opportunity")]
    opportunity_name: str | None = None


class PossibleMoveOut(BaseModel):
    """A move of a lead, and why it is not allowed just now."""

    move: LeadMove
    allowed: bool
    why_not: str | None = Field(
        default=None, description="In the language that `Accept-Language` prefers"
    )


class PossibleMovesOut(BaseModel):
    """The moves of a lead in its present status."""

    status: LeadStatus
    moves: list[PossibleMoveOut]

    @classmethod
    def of(cls, status: LeadStatus) -> Self:
        """Return the moves that people can make, allowed or not."""
        language = current().language
        moves = [
            PossibleMoveOut(move=move, allowed=True)
            if LEAD_MOVES.allows(move, status)
            else PossibleMoveOut(
                move=move, allowed=False, why_not=filled(TEXTS[FORBIDDEN_CODES[move]], {}, language)
            )
            for move in OFFERED_MOVES
        ]
        return cls(status=status, moves=moves)
