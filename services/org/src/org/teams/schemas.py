from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

MAX_MEMBERS = 500


def _each_once(values: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return tuple(sorted(set(values)))


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(examples=["智慧园区项目组"]),
]
Members = Annotated[
    tuple[UUID, ...],
    Field(max_length=MAX_MEMBERS, description="People who are active"),
    AfterValidator(_each_once),
]


class TeamIn(BaseModel):
    """A team: new, or all that may be edited of it."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "name": "智慧园区项目组",
                    "member_ids": ["019ab000-0000-7000-8000-000000000101"],
                }
            ]
        },
    )
    name: Name
    member_ids: Members = ()


class TeamOut(BaseModel):
    """A team."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    name: str
    member_ids: list[UUID]
    created_at: datetime
    updated_at: datetime
    version: int
