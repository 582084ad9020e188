from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from kernel.personal import Personal

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40)]
Email = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
]


class ContactIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"account_id": "01990000-0000-7000-8000-000000000001", "name": "王伟"}]
        },
    )
    account_id: UUID
    name: Annotated[Name, Personal("name")]
    phone: Annotated[Phone | None, Personal("phone")] = None
    email: Annotated[Email | None, Personal("email")] = None


class ContactOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    account_id: UUID
    name: Annotated[str, Personal("name")]
    phone: Annotated[str | None, Personal("phone")]
    email: Annotated[str | None, Personal("email")]
    version: int
    created_at: datetime
    updated_at: datetime
