"""Request and response bodies of leads; validation reports all violations at once."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from chassis.foundation.context import current
from chassis.foundation.texts import filled
from chassis.records.access.schemas import OwnerId, PersonSummary, RecordSummary
from chassis.records.contact_points import Email, Phone
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.personal import Personal
from kernel.texts import TrimmedText
from mtl.leads.domain import (
    IDENTIFYING_FIELDS,
    MAX_ATTRIBUTE_NAME_LENGTH,
    MAX_ATTRIBUTE_VALUE_LENGTH,
    MAX_ATTRIBUTES,
    LeadStatus,
)
from mtl.texts import TEXTS


def _bounded_text(maximum: int) -> TrimmedText:
    return TrimmedText(min_length=1, max_length=maximum)


LeadName = Annotated[str, _bounded_text(200), Personal("name")]
LeadAttributeName = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_ATTRIBUTE_NAME_LENGTH)
]
LeadAttributeValue = Annotated[str, TrimmedText(max_length=MAX_ATTRIBUTE_VALUE_LENGTH)]
DisqualificationReason = Annotated[str, _bounded_text(500)]


class LeadEdit(BaseModel):
    """The editable fields of a lead; name, company, phone, email or external_id must be set."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    name: LeadName | None = None
    company: Annotated[str, _bounded_text(200)] | None = None
    phone: Phone | None = Field(
        default=None,
        description="Any usual spelling, without a country code a number of the tenant's country;"
        " stored as E.164, an extension as `;ext=`",
    )
    email: Email | None = Field(default=None, description="Stored in lower case")
    external_id: Annotated[str, _bounded_text(200)] | None = Field(
        default=None, description="The id of this lead in another system"
    )
    source: Annotated[str, _bounded_text(100)] | None = None
    attributes: Annotated[
        dict[LeadAttributeName, LeadAttributeValue], Field(max_length=MAX_ATTRIBUTES)
    ] = {}
    custom_fields: dict[str, Any] = {}

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
                "company": "杭州远景科技有限公司",
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


class LeadDisqualifyIn(BaseModel):
    """Why a lead is disqualified."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "号码为空号"}}
    )

    reason: DisqualificationReason


class LeadConvertIn(BaseModel):
    """How to convert a lead: into a new account, or into an existing one of L2O."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"opportunity_name": "远景科技 CRM 项目"}}
    )

    account_id: UUID | None = Field(
        default=None, description="An existing account; by default a new one"
    )
    opportunity_name: Annotated[str, _bounded_text(200)] | None = Field(
        default=None, description="By default the company or name of the lead"
    )


def _in_words(field: str) -> BeforeValidator:
    """Fill a field with what people read as the reason in another field, declared before it.

    That is what was typed, or the text of a code for which L2O rejected a conversion.
    """

    def words(_: Any, info: ValidationInfo) -> str | None:
        reason: str | None = info.data.get(field)
        text = TEXTS.get(reason or "")
        return reason if text is None else filled(text, {}, current().language)

    return BeforeValidator(words)


_REASON_TEXT = Field(
    None,
    validate_default=True,
    description="The reason as people read it, in the language that `Accept-Language` prefers",
)


class LeadOut(BaseModel):
    """A lead. Its conversion sets `conversion_id` and the ids of the records in L2O."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: Annotated[str | None, Personal("name")]
    company: str | None
    phone: Annotated[str | None, Personal("phone")] = Field(examples=["+8613800138000"])
    email: Annotated[str | None, Personal("email")]
    external_id: str | None
    source: str | None
    attributes: dict[str, str]
    custom_fields: dict[str, Any]
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
    status: LeadStatus
    status_reason: str | None = Field(
        description="Why it was disqualified, as it was typed, or the code of a rejected conversion"
    )
    status_reason_text: Annotated[str | None, _in_words("status_reason")] = _REASON_TEXT
    conversion_id: UUID | None
    account_id: Annotated[UUID | None, RefersTo("l2o.account")]
    account_name: str | None = None
    account: Expandable[RecordSummary] = None
    contact_id: UUID | None
    opportunity_id: Annotated[UUID | None, RefersTo("l2o.opportunity")]
    opportunity_name: str | None = None
    opportunity: Expandable[RecordSummary] = None
    converted_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class LeadMoveOut(BaseModel):
    """A change of status; the ids are those of the conversion that caused or preceded it."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    from_status: LeadStatus
    to_status: LeadStatus
    reason: str | None = Field(description="As it was typed, or the code of a rejected conversion")
    reason_text: Annotated[str | None, _in_words("reason")] = _REASON_TEXT
    actor: Annotated[str | None, PersonSubject]
    actor_name: str | None = None
    conversion_id: UUID | None
    account_id: Annotated[UUID | None, RefersTo("l2o.account")]
    account_name: str | None = None
    contact_id: UUID | None
    opportunity_id: Annotated[UUID | None, RefersTo("l2o.opportunity")]
    opportunity_name: str | None = None
