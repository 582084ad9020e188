"""Request and response bodies of leads; validation reports all violations at once."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from chassis.records.access.schemas import OwnerId, PersonSummary, RecordSummary
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.personal import Personal
from mtl.consents.domain import ConsentMedium
from mtl.leads.domain.details import IDENTIFYING_FIELDS
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.domain.placement import AssignmentStatus, UnassignedReason
from mtl.leads.schemas.fields import LeadFields, LeadFieldsOut
from mtl.leads.schemas.moves import REASON_TEXT, reason_in_words
from parties.fields import REGION_NAME, RegionName
from scoring.grades import Grade


class LeadEdit(LeadFields):
    """The editable fields of a lead; name, company, phone, email or external_id must be set."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    @model_validator(mode="wrap")
    @classmethod
    def _identified(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Report LEAD_EMPTY together with the other violations, as a later validator could not."""
        is_empty = isinstance(data, dict) and all(
            data.get(name) is None for name in IDENTIFYING_FIELDS
        )
        lead_empty = PydanticCustomError("LEAD_EMPTY", "At least one identifying field is needed")
        try:
            lead = handler(data)
        except ValidationError as error:
            if not is_empty:
                raise
            violations = [_copied(each) for each in error.errors(include_url=False)]
            violations.append({"type": lead_empty, "loc": (), "input": data})
            raise ValidationError.from_exception_data(error.title, violations) from None
        if is_empty:
            raise lead_empty
        return lead


class LeadIn(LeadEdit):
    """A new lead, or all its editable fields when it is replaced by its external id."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "王芳",
                "job_title": "信息化主管",
                "company": "杭州远景科技有限公司",
                "company_size": "FROM_100",
                "region_code": "330106",
                "phone": "138-0013-8000",
                "email": "wang.fang@example.com",
                "external_id": "EXPO-2026-0042",
                "source": "展会",
                "attributes": {"兴趣": "CRM"},
            }
        },
    )

    owner_id: OwnerId | None = Field(
        default=None,
        description="The `subject` of an active person; by default the caller. Transfers change it",
    )


def _copied(violation: Any) -> InitErrorDetails:
    """A violation in the form that a new ValidationError takes."""
    kind, context = violation["type"], violation.get("ctx", {})
    own = PydanticCustomError(kind, violation["msg"], context) if kind.isupper() else kind
    return {"type": own, "loc": violation["loc"], "input": violation["input"], "ctx": context}


class LeadOut(LeadFieldsOut):
    """A lead. Its conversion sets `conversion_id` and the ids of the records in L2O."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    region_name: RegionName = REGION_NAME
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
    pool_id: Annotated[UUID | None, RefersTo("mtl.pool")] = Field(
        description="The pool in which it waits without an owner, or from which it was claimed"
    )
    pool_name: str | None = None
    assignment_status: AssignmentStatus | None = Field(
        description="Of a lead without an owner: whether the rules have yet to run, or found nobody"
    )
    unassigned_reason: UnassignedReason | None
    status: LeadStatus
    status_reason: str | None = Field(
        description="The code of why it was disqualified or refused, or a conversion was rejected,"
        " or why a sleeping lead woke"
    )
    status_note: Annotated[str | None, Personal("text")]
    status_reason_text: Annotated[str | None, reason_in_words("status_")] = REASON_TEXT
    score: int | None = Field(ge=0, le=100, description="By the rules `lead_score`; null without")
    grade: Grade | None = Field(description="A from 80, B from 60, C from 40; falls 5 later")
    handed_over_at: datetime | None = Field(description="When marketing handed it over to sales")
    wakes_on: date | None = Field(description="The day until which it sleeps")
    conversion_id: UUID | None
    account_id: Annotated[UUID | None, RefersTo("l2o.account")]
    account_name: str | None = None
    account: Expandable[RecordSummary] = None
    contact_id: Annotated[UUID | None, RefersTo("l2o.contact")]
    contact_name: str | None = None
    contact: Expandable[RecordSummary] = None
    opportunity_id: Annotated[UUID | None, RefersTo("l2o.opportunity")]
    opportunity_name: str | None = None
    opportunity: Expandable[RecordSummary] = None
    converted_at: datetime | None
    returning_account_id: Annotated[UUID | None, RefersTo("l2o.account")] = Field(
        description="The account of the person, who is a customer: of an earlier lead of theirs, or"
        " because they are a contact of it"
    )
    returning_account_name: str | None = None
    returning_account: Expandable[RecordSummary] = None
    merged_into_id: Annotated[UUID | None, RefersTo("mtl.lead")] = Field(
        description="The lead into which it was merged; only a deleted one has it"
    )
    merged_into_name: str | None = None
    follow_up_count: int = Field(description="How often somebody followed it up")
    last_followed_up_at: datetime | None = Field(description="When somebody last followed it up")
    next_step_on: date | None = Field(description="The day of its earliest open next step")
    owned_since: datetime | None = Field(description="Since when its owner has it as an open lead")
    accept_by: datetime | None = Field(description="When sales accept or refuse it at the latest")
    falls_back_at: datetime | None = Field(description="When its owner loses it; null if never")
    do_not_contact: list[ConsentMedium] = Field(
        description="By which media the person is not to be contacted"
    )
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
