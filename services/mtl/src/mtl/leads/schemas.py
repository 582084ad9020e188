"""Request and response bodies. What a phone or a mail is, is decided here, so that every fault of
a body is told at once, be it of form or of format.
"""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from kernel.personal import Personal
from mtl.leads.domain import LeadDetails, LeadStatus

DEFAULT_REGION = "CN"  # of numbers without a country code
MAX_ATTRIBUTES, MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTE = 100, 100, 1000
IDENTIFYING = ("name", "company", "phone", "email", "external_id")

_DIALLED = re.compile(r"\+?[0-9]{3,20}", re.ASCII)
_MINUS = "\N{MINUS SIGN}"
# Dashes, spaces, and the invisible marks that address books put around numbers.
_SILENT = frozenset({"Pd", "Zs", "Cf"})


def normalised_phone(text: str) -> str:
    """E.164 of a mobile or landline number in any usual spelling.

    Full-width digits, spaces, dashes, brackets, dots, `0086` and a missing country code are all
    understood. Raises PydanticCustomError (PHONE_INVALID); extensions are not part of E.164.
    """
    dialled = "".join(map(_dialled, unicodedata.normalize("NFKC", text)))
    if _DIALLED.fullmatch(dialled) is None:
        raise _phone_invalid()
    try:
        number = phonenumbers.parse(dialled, DEFAULT_REGION)
    except NumberParseException:
        raise _phone_invalid() from None
    if not phonenumbers.is_valid_number(number):
        raise _phone_invalid()
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _dialled(character: str) -> str:
    if character in "()." or character == _MINUS or unicodedata.category(character) in _SILENT:
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _phone_invalid() -> PydanticCustomError:
    return PydanticCustomError("PHONE_INVALID", "Not a phone number")


def normalised_email(text: str) -> str:
    """The address in lower case and NFC. Raises PydanticCustomError (EMAIL_INVALID)."""
    try:
        address = validate_email(unicodedata.normalize("NFKC", text), check_deliverability=False)
    except EmailNotValidError:
        raise PydanticCustomError("EMAIL_INVALID", "Not a mail address") from None
    return address.normalized.lower()


def _text(maximum: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=maximum)


Name = Annotated[str, _text(200), Personal("name")]
Phone = Annotated[str, _text(50), AfterValidator(normalised_phone), Personal("phone")]
Email = Annotated[str, _text(320), AfterValidator(normalised_email), Personal("email")]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ATTRIBUTE_NAME)]
AttributeValue = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MAX_ATTRIBUTE)
]
Reason = Annotated[str, _text(500)]


class LeadIn(BaseModel):
    """A new lead: at least one of name, company, phone, email and external_id."""

    model_config = ConfigDict(
        extra="forbid",
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

    name: Name | None = None
    company: Annotated[str, _text(200)] | None = None
    phone: Phone | None = Field(None, description="Any usual spelling; stored as E.164")
    email: Email | None = Field(None, description="Stored in lower case")
    external_id: Annotated[str, _text(200)] | None = Field(
        None, description="What another system calls this lead"
    )
    source: Annotated[str, _text(100)] | None = None
    attributes: Annotated[
        dict[AttributeName, AttributeValue], Field(max_length=MAX_ATTRIBUTES)
    ] = {}

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

    def details(self) -> LeadDetails:
        return LeadDetails(**self.model_dump())


def _again(fault: Any) -> InitErrorDetails:
    kind, context = fault["type"], fault.get("ctx", {})
    own = PydanticCustomError(kind, fault["msg"], context) if kind.isupper() else kind
    return {"type": own, "loc": fault["loc"], "input": fault["input"], "ctx": context}


class LeadDisqualifyIn(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "号码为空号"}})

    reason: Reason


class LeadConvertIn(BaseModel):
    """Into a new account, or into one that L2O already has."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"opportunity_name": "远景科技 CRM 项目"}}
    )

    account_id: UUID | None = Field(None, description="An existing account; else a new one")
    opportunity_name: Annotated[str, _text(200)] | None = Field(
        None, description="Else the company or the name of the lead"
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
