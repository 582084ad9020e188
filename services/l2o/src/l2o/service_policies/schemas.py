"""The outcome of a rule of service policies."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints, ValidationError

from chassis.foundation.violations import violations_of_body
from kernel.errors import Violation
from kernel.texts import TrimmedText

Title = Annotated[str, TrimmedText(min_length=1, max_length=100)]
ProcessCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]


class ServiceOutcome(BaseModel):
    """How the accounts that a rule of `account_service` matches are served."""

    model_config = ConfigDict(extra="forbid")
    sales_process: ProcessCode | None = None
    owner_titles: Annotated[list[Title], Field(max_length=50)] = []
    owner_team_ids: Annotated[list[UUID], Field(max_length=50)] = []
    review_days: Annotated[StrictInt, Field(ge=1, le=3660)] | None = None


def check_service(outcome: Mapping[str, Any]) -> Iterable[Violation]:
    """Return the violations of the outcome of a rule of service policies."""
    try:
        ServiceOutcome.model_validate(dict(outcome))
    except ValidationError as error:
        return violations_of_body(error)
    return ()
