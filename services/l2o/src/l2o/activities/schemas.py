"""Request and response bodies of activities."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

from chassis.foundation.texts import Text
from chassis.records.access.schemas import OwnerId, PersonSummary
from chassis.records.answers import OwnedRecordOut
from chassis.records.codes import Instant
from chassis.records.import_examples import COMPANY
from chassis.records.import_headings import Heading
from chassis.web.references import Expandable, ExpandableList, PersonSubject, RefersTo
from kernel.business_dates import BusinessDate
from kernel.personal import Personal
from kernel.texts import TrimmedText
from l2o.accounts.schemas import AccountOut
from l2o.activities.domain import (
    MAX_MINUTES,
    MAX_PEOPLE,
    ActivityDirection,
    ActivityKind,
    ActivityResult,
)
from l2o.contacts.schemas import ContactOut
from l2o.opportunities.schemas import OpportunityOut

LineText = Annotated[str, TrimmedText(min_length=1, max_length=200), Personal("text")]
LongText = Annotated[str, TrimmedText(min_length=1, max_length=5000), Personal("text")]
Minutes = Annotated[StrictInt, Field(ge=1, le=MAX_MINUTES)]


def _ordered(values: list[Any]) -> list[Any]:
    return sorted(set(values))


ContactIds = Annotated[list[UUID], Field(max_length=MAX_PEOPLE), AfterValidator(_ordered)]
Subjects = Annotated[list[OwnerId], Field(max_length=MAX_PEOPLE), AfterValidator(_ordered)]


class ActivityEdit(BaseModel):
    """The editable fields of an activity; another next step is open again."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"result": "POSITIVE", "next_step_on": "2026-12-03"}]},
    )

    opportunity_id: Annotated[UUID | None, Heading("商机")] = Field(
        default=None, description="An opportunity of the account that it is about"
    )
    kind: Annotated[ActivityKind, Heading("类型", example=Text("会议", "Meeting"))]
    at: Annotated[Instant, Heading("时间", ("发生时间",), "2026-11-20T02:00:00Z")] = Field(
        description="When it began, not in the future"
    )
    duration_minutes: Annotated[Minutes | None, Heading("时长（分钟）", example="60")] = Field(
        default=None, description="How long it took, at most a day"
    )
    direction: Annotated[ActivityDirection, Heading("方向")] = Field(
        default=ActivityDirection.OUTGOING, description="INCOMING if the customer contacted us"
    )
    result: Annotated[ActivityResult | None, Heading("结果")] = None
    subject: Annotated[
        LineText | None, Heading("主题", example=Text("季度回顾", "Quarterly review"))
    ] = None
    body: Annotated[LongText | None, Heading("内容")] = None
    contact_ids: Annotated[ContactIds, Heading("联系人")] = Field(
        default=[], description="The people at the account who took part"
    )
    participant_ids: Annotated[Subjects, Heading("参与人")] = Field(
        default=[], description="The `subject` of each colleague who took part"
    )
    guests: Annotated[LineText | None, Heading("其他参与人")] = Field(
        default=None, description="Others who took part, by name"
    )
    next_step: Annotated[LineText | None, Heading("下一步")] = None
    next_step_on: Annotated[BusinessDate | None, Heading("下一步日期")] = Field(
        default=None, description="The day of the next step, on which its owner gets a task"
    )
    custom_fields: dict[str, Any] = {}


class ActivityIn(ActivityEdit):
    """A new activity; whoever creates it did it, unless it names an owner."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account_id": "01990000-0000-7000-8000-000000000001",
                    "kind": "MEETING",
                    "at": "2026-11-30T02:00:00Z",
                    "duration_minutes": 60,
                    "result": "POSITIVE",
                    "subject": "季度回顾",
                    "body": "客户计划明年扩容",
                    "guests": "赵总",
                    "next_step": "发送扩容方案",
                    "next_step_on": "2026-12-03",
                }
            ]
        },
    )

    account_id: Annotated[UUID, Heading("客户", ("客户名称", "account name"), COMPANY)]
    owner_id: Annotated[OwnerId | None, Heading("负责人", ("执行人",))] = Field(
        default=None, description="The `subject` of who did it; by default the caller"
    )


class ActivityOut(OwnedRecordOut):
    """What somebody did with an account, and what comes next."""

    account_id: Annotated[UUID, RefersTo("l2o.account")]
    account_name: str | None = None
    account: Expandable[AccountOut] = None
    opportunity_id: Annotated[UUID | None, RefersTo("l2o.opportunity")]
    opportunity_name: str | None = None
    opportunity: Expandable[OpportunityOut] = None
    kind: ActivityKind
    at: datetime
    duration_minutes: int | None
    direction: ActivityDirection
    result: ActivityResult | None
    subject: Annotated[str | None, Personal("text")]
    body: Annotated[str | None, Personal("text")]
    contact_ids: Annotated[list[UUID], RefersTo("l2o.contact")]
    contact_names: list[str | None] = Field(default=[])
    contacts: ExpandableList[ContactOut] = None
    participant_ids: Annotated[list[str], PersonSubject]
    participant_names: list[str | None] = Field(default=[])
    participants: ExpandableList[PersonSummary] = None
    guests: Annotated[str | None, Personal("text")]
    next_step: Annotated[str | None, Personal("text")]
    next_step_on: date | None
    next_step_done_at: datetime | None


class ActivityDayRow(BaseModel):
    """How many activities of one kind a person had on one day."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    kind: ActivityKind
    count: int
    minutes: int = Field(description="How long those took for which a duration is known")


class ActivityDaysOut(BaseModel):
    """How many activities who had, by day and person."""

    rows: list[ActivityDayRow]
