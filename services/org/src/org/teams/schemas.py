"""Request and response bodies of teams."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from chassis.foundation.texts import Text
from chassis.records.access.schemas import PersonSummary
from chassis.records.answers import RecordOut
from chassis.records.import_headings import Heading
from chassis.web.references import ExpandableList, RefersTo
from kernel.texts import TrimmedText

MAX_MEMBERS = 500


def _sorted_unique(values: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return tuple(sorted(set(values)))


TeamName = Annotated[
    str,
    TrimmedText(min_length=1, max_length=200),
    Field(examples=["智慧园区项目组"]),
]
TeamMemberIds = Annotated[
    tuple[UUID, ...],
    Field(max_length=MAX_MEMBERS, description="Ids of active people"),
    AfterValidator(_sorted_unique),
]


class TeamIn(BaseModel):
    """A new team, or the fields of a team that can be edited."""

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
    name: Annotated[
        TeamName, Heading("团队", ("团队名称", "team"), Text("智慧园区项目组", "Smart campus team"))
    ]
    member_ids: Annotated[
        TeamMemberIds, Heading("成员", example=Text("李娜；王伟", "Maria Silva; James Lee"))
    ] = ()
    custom_fields: dict[str, Any] = {}


class TeamOut(RecordOut):
    """A team."""

    name: str
    member_ids: Annotated[list[UUID], RefersTo("org.person")]
    member_names: list[str | None] = Field(default=[])
    members: ExpandableList[PersonSummary] = None
