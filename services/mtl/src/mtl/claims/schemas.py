"""Request and response bodies of claims, and of what members see of the leads in a pool."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis.records.access.schemas import OwnerId
from chassis.web.references import PersonSubject, RefersTo
from kernel.personal import Personal
from kernel.texts import TrimmedText
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.schemas.fields import LeadFieldsOut
from mtl.leads.schemas.leads import LeadOut
from scoring.grades import Grade

CLAIMED_AT_ONCE: Final = 100
GIVEN_AT_ONCE: Final = 1000
Reason = Annotated[str, TrimmedText(min_length=1, max_length=500), Personal("text")]


class PoolLeadOut(LeadFieldsOut):
    """A lead that waits in a pool; its `hidden_fields` are empty until the caller owns it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    pool_id: Annotated[UUID | None, RefersTo("mtl.pool")]
    pool_name: str | None = None
    status: LeadStatus
    score: int | None
    grade: Grade | None
    version: int
    created_at: datetime
    hidden_fields: list[str] = Field(default=[])

    def hiding(self, hidden: Collection[str]) -> Self:
        """Return the lead without what these fields say."""
        empty: dict[str, Any] = {name: None for name in hidden}
        if "region_code" in hidden:
            empty["region_name"] = None
        empty |= {name: {} for name in ("attributes", "custom_fields") if name in hidden}
        return self.model_copy(update={**empty, "hidden_fields": sorted(hidden)})


class PoolClaimIn(BaseModel):
    """How many leads to claim: the best first, of equals the oldest."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"count": 5}})

    count: Annotated[StrictInt, Field(ge=1, le=CLAIMED_AT_ONCE)]


class PoolClaimOut(BaseModel):
    """The leads that were claimed, and why not all that were asked for."""

    leads: list[LeadOut]
    code: str | None = Field(default=None, description="Of what kept the caller from more")
    why_not: str | None = Field(default=None, description="The same as people read it")


class LeadReturnIn(BaseModel):
    """Why a lead is returned to its pool, or goes into another one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "客户在其他大区"}}
    )

    reason: Reason
    pool_id: UUID | None = Field(
        default=None, description="An active pool; by default the one from which it came"
    )


def _once(values: list[UUID]) -> list[UUID]:
    return list(dict.fromkeys(values))


class PoolAssignIn(BaseModel):
    """Which leads of a pool go to whom: named ones or the best, to a person or by the rules."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"count": 20, "owner_id": "01990000-0000-7000-8000-000000000001"}
        },
    )

    lead_ids: (
        Annotated[list[UUID], Field(min_length=1, max_length=GIVEN_AT_ONCE), AfterValidator(_once)]
        | None
    ) = None
    count: Annotated[StrictInt, Field(ge=1, le=GIVEN_AT_ONCE)] | None = None
    owner_id: OwnerId | None = None
    by_rules: StrictBool = False
    reason: Reason | None = None

    @model_validator(mode="after")
    def _clear(self) -> Self:
        if (self.lead_ids is None) == (self.count is None):
            raise PydanticCustomError("POOL_LEADS_UNCLEAR", "Either leads or a count")
        if (self.owner_id is None) != self.by_rules:
            raise PydanticCustomError("POOL_OWNER_UNCLEAR", "Either an owner or the rules")
        return self


class QuotaUseOut(BaseModel):
    """What a person may hold and claim, and what of it is left; null where there is no limit."""

    holder_id: Annotated[str, PersonSubject]
    holder_name: str | None = None
    holding_limit: int | None
    held: int
    holding_left: int | None
    daily_claim_limit: int | None
    claimed_today: int
    claims_left: int | None
    today: date = Field(description="The tenant's day on which claims are counted")


class OwnPoolOut(BaseModel):
    """A pool from which the caller may claim."""

    id: UUID
    name: str
    description: str | None
    hidden_fields: list[str]
    waiting: int = Field(description="How many leads wait in it")
    is_admin: bool
    daily_claim_limit: int | None
    claimed_today: int


class OwnPoolsOut(BaseModel):
    """The pools from which the caller may claim, and what they may still claim at all."""

    pools: list[OwnPoolOut]
    quota: QuotaUseOut
