"""The fields of the records of a conversion, validated as those of requests, and the trail."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from chassis.foundation.context import current
from chassis.web.references import PersonSubject
from contracts.mtl.events import LeadConverted
from kernel.errors import Invalid, Violation
from kernel.personal import Personal
from l2o.accounts.schemas import AccountEdit, account_values
from l2o.contacts.schemas import ContactEdit, contact_values
from l2o.conversions.domain import (
    ACCOUNT,
    CONTACT,
    OPPORTUNITY,
    RecordFields,
    TrailEntry,
    given_fields,
)
from l2o.opportunities.schemas import OpportunityEdit

BODIES: Final[Mapping[str, type[BaseModel]]] = {
    ACCOUNT: AccountEdit,
    CONTACT: ContactEdit,
    OPPORTUNITY: OpportunityEdit,
}


def _plain_values(body: Any, names: Collection[str]) -> dict[str, Any]:
    return {name: getattr(body, name) for name in names}


VALUES: Final[Mapping[str, Callable[[Any, Collection[str]], Mapping[str, Any]]]] = {
    ACCOUNT: account_values,
    CONTACT: contact_values,
    OPPORTUNITY: _plain_values,
}


def record_fields(event: LeadConverted) -> RecordFields:
    """Return the fields of the records to create.

    Raises Invalid with every violation, at `/<RECORD>/<field>`; a missing one is REQUIRED.
    """
    valid: dict[str, Mapping[str, Any]] = {}
    violations: list[Violation] = []
    for record, given in given_fields(event).items():
        try:
            body = BODIES[record].model_validate(given)
            valid[record.lower()] = VALUES[record](body, body.model_fields_set)
        except ValidationError as error:
            violations += [_violation(record, one) for one in error.errors()]
    if violations:
        raise Invalid(violations)
    return RecordFields(**valid)


def _violation(record: str, error: Any) -> Violation:
    code = "REQUIRED" if error["type"] == "missing" else "VALUE_INVALID"
    place = error["loc"][0] if error["loc"] else ""
    return Violation(f"/{record}/{place}", code)


class LeadTrailEntryOut(BaseModel):
    """A touch or a follow-up of a lead before it was converted."""

    id: UUID
    lead_id: UUID
    source: str = Field(examples=["FOLLOW_UP"])
    at: datetime
    actor: Annotated[str | None, PersonSubject]
    actor_name: str | None = None
    title: str = Field(description="What happened, as people read it in the preferred language")
    text: Annotated[str | None, Personal("text")]

    @classmethod
    def of(cls, entry: TrailEntry) -> Self:
        """Return an entry with its title in the preferred language."""
        is_chinese = current().language.startswith("zh")
        return cls(
            id=entry.id,
            lead_id=entry.lead_id,
            source=entry.source,
            at=entry.at,
            actor=entry.actor,
            title=entry.title_zh if is_chinese else entry.title_en,
            text=entry.text,
        )


class LeadTrailOut(BaseModel):
    """What led to a record: the touches and follow-ups of leads before they were converted."""

    touch_count: int
    follow_up_count: int
    entries: list[LeadTrailEntryOut] = Field(description="The newest 50, the newest first")

    @classmethod
    def of(cls, touches: int, follow_ups: int, entries: Sequence[TrailEntry]) -> Self:
        """Return a trail as `read_trail` reads it."""
        shown = [LeadTrailEntryOut.of(one) for one in entries]
        return cls(touch_count=touches, follow_up_count=follow_ups, entries=shown)
