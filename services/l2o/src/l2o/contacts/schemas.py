"""Request and response bodies of contacts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.contact_points import Email, Phone
from kernel.personal import Personal

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ContactIn(BaseModel):
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
    name: Annotated[Name, Personal("name")]
    phone: Phone | None = Field(default=None, description="Any usual spelling; stored as E.164")
    email: Email | None = Field(default=None, description="Stored in lower case")


class ContactOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    account_id: UUID
    name: Annotated[str, Personal("name")]
    phone: Annotated[str | None, Personal("phone")] = Field(examples=["+8613800138000"])
    email: Annotated[str | None, Personal("email")]
    version: int
    created_at: datetime
    updated_at: datetime
