"""Request and response bodies of contacts."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from chassis.records.contact_points import Email, Phone
from kernel.personal import Personal

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
# Open-ended: DECISION_MAKER, INFLUENCER, BUYER, USER, FINANCE, TECHNICAL ...
Role = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]


def _each_once(roles: list[str]) -> list[str]:
    return list(dict.fromkeys(roles))


class ContactEdit(BaseModel):
    """What may be changed of a contact; to be the primary one is a move."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"title": "采购总监", "roles": ["DECISION_MAKER"]}]},
    )
    name: Annotated[Name, Personal("name")]
    title: Title | None = None
    phone: Phone | None = Field(default=None, description="Any usual spelling; stored as E.164")
    email: Email | None = Field(default=None, description="Stored in lower case")
    roles: Annotated[list[Role], Field(max_length=10), AfterValidator(_each_once)] = Field(
        default=[], description="What the person decides in a sale, as codes"
    )
    custom_fields: dict[str, Any] = {}


class ContactIn(ContactEdit):
    """A new person at an account, owned by whoever owns that; the first one is its primary one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account_id": "01990000-0000-7000-8000-000000000001",
                    "name": "王伟",
                    "phone": "138-0013-8000",
                    "email": "wang.wei@example.com",
                }
            ]
        },
    )
    account_id: UUID


class ContactOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    account_id: UUID
    name: Annotated[str, Personal("name")]
    phone: Annotated[str | None, Personal("phone")] = Field(examples=["+8613800138000"])
    email: Annotated[str | None, Personal("email")]
    title: str | None
    roles: list[str]
    is_primary: bool
    custom_fields: dict[str, Any]
    owner_id: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
