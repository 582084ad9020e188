"""What a row of the rules says as JSON; request and response bodies of assignment."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis.foundation.violations import violations_of_body
from chassis.records.access.schemas import OwnerId
from chassis.web.references import PersonSubject, RefersTo
from kernel.business_dates import BusinessDate
from kernel.errors import Violation
from mtl.assignments.domain import (
    MAX_RECIPIENTS,
    AssignmentStrategy,
)
from mtl.leads.domain.placement import UnassignedReason
from parties.assignment import NotChosen
from parties.fields import RegionCode
from rules.rule_schemas import RowExplanationOut

MAX_ASSIGNED: Final = 1000
MAX_REGIONS: Final = 100
LARGEST_WEIGHT: Final = 1000
LARGEST_CAPACITY: Final = 10_000


class RecipientBody(BaseModel):
    """A person of a rule."""

    model_config = ConfigDict(extra="forbid")

    owner_id: OwnerId
    weight: Annotated[StrictInt, Field(ge=1, le=LARGEST_WEIGHT)] = 1
    regions: Annotated[list[RegionCode], Field(max_length=MAX_REGIONS)] = []
    monthly_capacity: Annotated[StrictInt, Field(ge=0, le=LARGEST_CAPACITY)] | None = None
    first_day: BusinessDate | None = None


class OutcomeBody(BaseModel):
    """To whom the leads of a row go."""

    model_config = ConfigDict(extra="forbid")

    strategy: AssignmentStrategy
    recipients: Annotated[list[RecipientBody], Field(max_length=MAX_RECIPIENTS)] = []
    substitutes: StrictBool = False
    pool_id: UUID | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        is_pool = self.strategy is AssignmentStrategy.POOL
        if is_pool and (self.pool_id is None or self.recipients):
            raise PydanticCustomError("ASSIGNMENT_POOL_ONLY", "A pool, and no people")
        if not is_pool and not self.recipients:
            raise PydanticCustomError("ASSIGNMENT_WITHOUT_PEOPLE", "At least one person")
        if self.strategy is AssignmentStrategy.PERSON and len(self.recipients) > 1:
            raise PydanticCustomError("ASSIGNMENT_OF_ONE", "One person")
        if len({one.owner_id for one in self.recipients}) < len(self.recipients):
            raise PydanticCustomError("ASSIGNMENT_PERSON_TWICE", "Everybody once")
        return self


def check_outcome(outcome: Mapping[str, Any]) -> Iterable[Violation]:
    """Return the violations of an outcome, with pointers into it."""
    try:
        OutcomeBody.model_validate(dict(outcome))
    except ValidationError as error:
        return violations_of_body(error)
    return ()


def _once(values: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(values))


class LeadAssignIn(BaseModel):
    """The leads that the rules are to assign, one after the other in this order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"lead_ids": ["01990000-0000-7000-8000-000000000011"]}},
    )

    lead_ids: Annotated[
        list[UUID], Field(min_length=1, max_length=MAX_ASSIGNED), AfterValidator(_once)
    ]
    dry_run: StrictBool = Field(default=False, description="Only say who would get how many")


class AssignedLeadOut(BaseModel):
    """What became of one lead: an owner, a pool, or why neither."""

    model_config = ConfigDict(from_attributes=True)

    lead_id: UUID
    owner_id: Annotated[str | None, PersonSubject] = None
    owner_name: str | None = None
    pool_id: Annotated[UUID | None, RefersTo("mtl.pool")] = None
    pool_name: str | None = None
    code: str | None = Field(default=None, description="Why the lead was left as it was")
    why_not: str | None = Field(default=None, description="The same as people read it")


class AssignedCountOut(BaseModel):
    """How many of the leads a person gets."""

    owner_id: Annotated[str, PersonSubject]
    owner_name: str | None = None
    leads: int


class AssignmentOut(BaseModel):
    """What became of many leads, in the order of the request, and who got how many."""

    results: list[AssignedLeadOut]
    counts: list[AssignedCountOut]
    assigned: int
    pooled: int
    left: int = Field(description="How many leads were left as they were")


class CandidateOut(BaseModel):
    """A person of the row that decides, and why they would not get the lead."""

    owner_id: Annotated[str, PersonSubject]
    owner_name: str | None = None
    chosen: bool
    not_chosen: NotChosen | None = None
    why_not: str | None = Field(default=None, description="As people read it")


class AssignmentExplanationOut(BaseModel):
    """To whom the rules in force would give a lead now: row by row, then person by person."""

    version: int
    winner: str | None = Field(description="The row that decides")
    rows: list[RowExplanationOut]
    owner_id: Annotated[str | None, PersonSubject] = Field(description="Who would get the lead")
    owner_name: str | None = None
    pool_id: Annotated[UUID | None, RefersTo("mtl.pool")] = None
    pool_name: str | None = None
    unassigned_reason: UnassignedReason | None
    candidates: list[CandidateOut]
