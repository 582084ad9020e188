"""Request and response bodies: every fault of a body is told at once, of form or of format."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from chassis.records.access.schemas import OwnerId
from chassis.records.contact_points import Email, Phone
from kernel.personal import Personal
from mtl.leads.domain import (
    IDENTIFYING,
    MAX_ATTRIBUTE,
    MAX_ATTRIBUTE_NAME,
    MAX_ATTRIBUTES,
    Lead,
    LeadDetails,
    LeadStatus,
)


def _text(maximum: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=maximum)


Name = Annotated[str, _text(200), Personal("name")]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ATTRIBUTE_NAME)]
AttributeValue = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_ATTRIBUTE)]
Reason = Annotated[str, _text(500)]


class LeadEdit(BaseModel):
    """All that may be edited of a lead; one of name, company, phone, email, external_id stays."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    name: Name | None = None
    company: Annotated[str, _text(200)] | None = None
    phone: Phone | None = Field(default=None, description="Any usual spelling; stored as E.164")
    email: Email | None = Field(default=None, description="Stored in lower case")
    external_id: Annotated[str, _text(200)] | None = Field(
        default=None, description="What another system calls this lead"
    )
    source: Annotated[str, _text(100)] | None = None
    attributes: Annotated[
        dict[AttributeName, AttributeValue], Field(max_length=MAX_ATTRIBUTES)
    ] = {}
    custom_fields: dict[str, Any] = {}

    @model_validator(mode="wrap")
    @classmethod
    def _identified(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Told together with the other faults, which a validator after them could not do."""
        empty = isinstance(data, dict) and all(data.get(name) is None for name in IDENTIFYING)
        nobody = PydanticCustomError("LEAD_EMPTY", "At least one identifying field is needed")
        try:
            lead = handler(data)
        except ValidationError as error:
            if not empty:
                raise
            faults = [_again(fault) for fault in error.errors(include_url=False)]
            faults.append({"type": nobody, "loc": (), "input": data})
            raise ValidationError.from_exception_data(error.title, faults) from None
        if empty:
            raise nobody
        return lead


class LeadIn(LeadEdit):
    """A new lead."""

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
        description="The `subject` of an active person; else the caller. Transfers change it later",
    )

    def details(self) -> LeadDetails:
        """The lead it describes."""
        return LeadDetails(**self.model_dump())

    def edited(self, before: Lead) -> Lead:
        """The lead as it stands with all that may be edited as this body says."""
        return replace(before, **{name: getattr(self, name) for name in LeadEdit.model_fields})


def _again(fault: Any) -> InitErrorDetails:
    kind, context = fault["type"], fault.get("ctx", {})
    own = PydanticCustomError(kind, fault["msg"], context) if kind.isupper() else kind
    return {"type": own, "loc": fault["loc"], "input": fault["input"], "ctx": context}


class LeadDisqualifyIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "号码为空号"}}
    )

    reason: Reason


class LeadConvertIn(BaseModel):
    """Into a new account, or into one that L2O already has."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"opportunity_name": "远景科技 CRM 项目"}}
    )

    account_id: UUID | None = Field(default=None, description="An existing account; else a new one")
    opportunity_name: Annotated[str, _text(200)] | None = Field(
        default=None, description="Else the company or the name of the lead"
    )


class LeadOut(BaseModel):
    """A lead. The four ids stand from the conversion on; they lead into L2O."""

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
    owner_id: str | None
    status: LeadStatus
    status_reason: str | None = Field(description="Why it was disqualified or reopened")
    conversion_id: UUID | None
    account_id: UUID | None
    contact_id: UUID | None
    opportunity_id: UUID | None
    converted_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class LeadMoveOut(BaseModel):
    """A move a lead has made; the ids are those of the conversion it was about."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    from_status: LeadStatus
    to_status: LeadStatus
    reason: str | None
    actor: str | None
    conversion_id: UUID | None
    account_id: UUID | None
    contact_id: UUID | None
    opportunity_id: UUID | None
