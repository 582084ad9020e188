from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from org.logins.schemas import Scopes

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(examples=["渠道销售"]),
]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[A-Z][A-Z0-9_]{1,39}$"),
    Field(description="Unique in the tenant; never changes", examples=["CHANNEL_SELLER"]),
]


class RoleEdit(BaseModel):
    """What may be edited of a role of one's own."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"name": "渠道销售", "scopes": ["mtl.lead.read"]}]},
    )
    name: Name
    scopes: Scopes = Field([], description="What whoever has the role may do")


class RoleIn(RoleEdit):
    """A new role."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "CHANNEL_SELLER", "name": "渠道销售", "scopes": ["mtl.lead.read"]}
            ]
        }
    )
    code: Code


class RoleOut(BaseModel):
    """A role."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    code: str
    name: str
    scopes: list[str]
    built_in: bool = Field(description="Comes with every tenant, changes with releases only")
    created_at: datetime
    updated_at: datetime
    version: int
