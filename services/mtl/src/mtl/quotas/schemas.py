"""Request and response bodies of quotas."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from chassis.records.access.schemas import OwnerId
from chassis.records.answers import RecordOut
from chassis.web.references import PersonSubject, RefersTo
from kernel.texts import TrimmedText

LARGEST_LIMIT: Final = 1_000_000
QuotaLimit = Annotated[StrictInt, Field(ge=0, le=LARGEST_LIMIT)]


class QuotaEdit(BaseModel):
    """The limits of a quota; one that is null is left to the next wider quota."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"example": {"holding_limit": 80}}
    )

    holding_limit: QuotaLimit | None = Field(
        default=None, description="How many leads one may hold that are not converted or invalid"
    )
    daily_claim_limit: QuotaLimit | None = Field(
        default=None, description="How many leads one may claim on a day, returned ones included"
    )
    note: Annotated[str, TrimmedText(min_length=1, max_length=500)] | None = None
    custom_fields: dict[str, Any] = {}


class QuotaIn(QuotaEdit):
    """A new quota: of a person, of a department with all below it, or else of everybody."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"holding_limit": 50, "daily_claim_limit": 10}},
    )

    holder_id: OwnerId | None = None
    department_id: UUID | None = None

    @model_validator(mode="after")
    def _for_one(self) -> Self:
        if self.holder_id is not None and self.department_id is not None:
            raise PydanticCustomError("QUOTA_FOR_TWO", "Either a person or a department")
        return self


class QuotaOut(RecordOut):
    """How many leads a person, a department's people or everybody may hold, and claim in a day."""

    holder_id: Annotated[str | None, PersonSubject]
    holder_name: str | None = None
    department_id: Annotated[UUID | None, RefersTo("org.department")]
    department_name: str | None = None
    holding_limit: int | None
    daily_claim_limit: int | None
    note: str | None
