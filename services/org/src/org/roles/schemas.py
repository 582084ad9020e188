"""Request and response bodies of roles."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.answers import RecordOut
from kernel.texts import TrimmedText
from org.logins.schemas import Scopes

RoleName = Annotated[
    str,
    TrimmedText(min_length=1, max_length=200),
    Field(examples=["渠道销售"]),
]
RoleCode = Annotated[
    str,
    TrimmedText(pattern=r"^[A-Z][A-Z0-9_]{1,39}$"),
    Field(description="Unique in the tenant; cannot be changed", examples=["CHANNEL_SELLER"]),
]


class RoleEdit(BaseModel):
    """The fields of a role that can be edited, unless it is built in."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"name": "渠道销售", "scopes": ["mtl.lead.read"]}]},
    )
    name: RoleName
    scopes: Scopes = Field((), description="What the holders of the role may do")
    custom_fields: dict[str, Any] = {}


class RoleIn(RoleEdit):
    """A new role."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "CHANNEL_SELLER", "name": "渠道销售", "scopes": ["mtl.lead.read"]}
            ]
        }
    )
    code: RoleCode


class RoleOut(RecordOut):
    """A role."""

    code: str
    name: str
    scopes: list[str]
    built_in: bool = Field(description="Part of every tenant; changes with releases only")
