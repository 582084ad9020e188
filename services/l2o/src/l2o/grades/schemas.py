"""Request and response bodies of grades, and the outcomes of rules that classify accounts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.foundation.violations import violations_of_body
from chassis.web.references import PersonSubject, RefersTo
from kernel.errors import Violation
from kernel.texts import TrimmedText
from l2o.accounts.domain import Account
from l2o.grades.domain import GradeRecord
from l2o.service_policies.domain import AccountGrade, ServicePolicy
from parties.tag_schemas import Tags

Reason = Annotated[str, TrimmedText(min_length=1, max_length=500)]
Segment = Annotated[str, TrimmedText(min_length=1, max_length=60)]


class GradeOutcome(BaseModel):
    """The grade of accounts that a rule of `account_grade` matches."""

    model_config = ConfigDict(extra="forbid")
    grade: AccountGrade


class SegmentOutcome(BaseModel):
    """The segment of accounts that a rule of `account_segment` matches."""

    model_config = ConfigDict(extra="forbid")
    segment: Segment


class AccountTagsOutcome(BaseModel):
    """What a rule of `account_tags` gives the accounts that it matches."""

    model_config = ConfigDict(extra="forbid")
    tags: Annotated[Tags, Field(min_length=1)]


def _checked_by(
    outcome: type[BaseModel],
) -> Callable[[Mapping[str, Any]], Iterable[Violation]]:
    """Return the function that yields the violations of an outcome of this shape."""

    def check(given: Mapping[str, Any]) -> Iterable[Violation]:
        try:
            outcome.model_validate(dict(given))
        except ValidationError as error:
            return violations_of_body(error)
        return ()

    return check


check_grade: Final = _checked_by(GradeOutcome)
check_segment: Final = _checked_by(SegmentOutcome)
check_tags: Final = _checked_by(AccountTagsOutcome)


class GradePin(BaseModel):
    """The grade that an account has whatever the rules say, and why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"grade": "A", "reason": "战略客户"}]}
    )
    grade: AccountGrade
    reason: Reason


class GradeUnpin(BaseModel):
    """Why the rules decide the grade again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "合同结束"}]}
    )
    reason: Reason


class ServicePolicyOut(BaseModel):
    """How an account is served, by the rules `account_service`."""

    model_config = ConfigDict(from_attributes=True)
    sales_process: str | None
    owner_titles: list[str] = Field(description="With `owner_team_ids`: who may own it; none: all")
    owner_team_ids: Annotated[list[UUID], RefersTo("org.team")]
    owner_team_names: list[str | None] = []
    review_days: int | None


class AccountGradeOut(BaseModel):
    """The grade of an account, how it came to it, and what follows from it."""

    account_id: UUID
    grade: AccountGrade | None
    computed: AccountGrade | None = Field(description="By the rules in force at the last grading")
    row_name: str | None = Field(description="The rule that decided")
    rule_version: int
    pinned: AccountGrade | None = Field(description="By a person; it counts")
    pin_reason: str | None
    pinned_by: Annotated[str | None, PersonSubject]
    pinned_by_name: str | None = None
    pinned_at: datetime | None
    segment: str | None
    rule_tags: list[str]
    service: ServicePolicyOut
    owner_is_allowed: bool = Field(description="Whether its owner may own accounts like it")

    @classmethod
    def of(
        cls,
        account: Account,
        record: GradeRecord,
        policy: ServicePolicy,
        *,
        owner_is_allowed: bool,
    ) -> Self:
        """Return the answer for an account."""
        return cls(
            **vars(record),
            grade=account.grade,
            segment=account.segment,
            rule_tags=list(account.rule_tags),
            service=ServicePolicyOut.model_validate(policy),
            owner_is_allowed=owner_is_allowed,
        )
