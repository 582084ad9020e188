"""Bodies about the clocks of leads, with what they say in the language of the caller."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from chassis.foundation.texts import Text
from chassis.foundation.words import SEMICOLON, in_words, joined
from chassis.web.references import PersonSubject
from mtl.leads.domain.clocks import ClockState
from mtl.leads.domain.retention import Retention, TargetKind
from mtl.texts import TEXTS
from parties.ownership_clock import FallBackReason, Period, TimeUnit
from rules.bodies import RuleSetBody
from rules.rule_sets import Row

RULES_EXAMPLE: Any = {
    "hit_policy": "FIRST",
    "rows": [
        {
            "id": "a",
            "name": "A 级线索",
            "condition": {"field": "grade", "operator": "EQ", "value": "A"},
            "outcome": {
                "first_follow_up": {"count": 4, "unit": "WORKING_HOURS"},
                "next_follow_up": {"count": 7, "unit": "DAYS"},
                "reminders": [{"count": 5, "unit": "DAYS"}],
                "barred_days": 3,
                "accept_within": {"count": 8, "unit": "WORKING_HOURS"},
                "target": {"kind": "DEPARTMENT_HEAD"},
            },
        }
    ],
}
_LENGTHS: Final[Mapping[TimeUnit, tuple[Text, Text]]] = {
    TimeUnit.HOURS: (Text("{count} 小时", "{count} hour"), Text("{count} 小时", "{count} hours")),
    TimeUnit.DAYS: (Text("{count} 天", "{count} day"), Text("{count} 天", "{count} days")),
    TimeUnit.WORKING_HOURS: (
        Text("{count} 个工作小时", "{count} working hour"),
        Text("{count} 个工作小时", "{count} working hours"),
    ),
    TimeUnit.WORKING_DAYS: (
        Text("{count} 个工作日", "{count} working day"),
        Text("{count} 个工作日", "{count} working days"),
    ),
}
_PERIODS: Final[Mapping[str, Text]] = {
    "first_follow_up": Text("{period}内首次跟进", "a first follow-up within {period}"),
    "next_follow_up": Text("每 {period}至少跟进一次", "a follow-up at least every {period}"),
    "conversion": Text("{period}内转化", "conversion within {period}"),
}
_ACCEPT: Final = Text("移交后 {period}内接受或退回", "an answer within {period} of the hand-over")
_NEVER: Final = Text("不收回", "It never falls back")


class BarredPersonOut(BaseModel):
    """Somebody who let the lead fall back, and may not take it yet."""

    person: Annotated[str, PersonSubject]
    person_name: str | None = None
    until: datetime


class ClockPeriodOut(BaseModel):
    """A length of time."""

    count: int
    unit: TimeUnit
    text: str

    @classmethod
    def of(cls, period: Period | None) -> Self | None:
        """Return a period in words, if there is one."""
        if period is None:
            return None
        return cls(count=period.count, unit=period.unit, text=_length(period))


class ClockRuleOut(BaseModel):
    """The rule that decides for a lead."""

    version: int
    row_id: str
    name: str
    text: str = Field(description="What it asks for, in the preferred language")
    first_follow_up: ClockPeriodOut | None
    next_follow_up: ClockPeriodOut | None
    conversion: ClockPeriodOut | None
    accept_within: ClockPeriodOut | None
    target: TargetKind
    target_text: str = Field(description="Who gets the lead when it falls back")
    barred_days: int

    @classmethod
    def of(cls, version: int, row: Row, retention: Retention) -> Self:
        """Return a row of the rules in words."""
        kind = retention.target.kind
        return cls(
            version=version,
            row_id=row.id,
            name=row.name or row.id,
            text=words_of(retention),
            first_follow_up=ClockPeriodOut.of(retention.rule.first_follow_up),
            next_follow_up=ClockPeriodOut.of(retention.rule.next_follow_up),
            conversion=ClockPeriodOut.of(retention.rule.conversion),
            accept_within=ClockPeriodOut.of(retention.accept_within),
            target=kind,
            target_text=in_words(TEXTS[f"TargetKind.{kind}"]),
            barred_days=retention.rule.barred_days,
        )


class LeadClockOut(BaseModel):
    """When a lead falls back from its owner, why, and what comes before; null where none runs."""

    state: ClockState
    state_text: str = Field(description="Whether the clock runs, and why not, as people read it")
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owned_since: datetime | None
    last_followed_up_at: datetime | None = Field(description="Since they have the lead")
    counted_from: datetime | None
    falls_back_at: datetime | None
    reason: FallBackReason | None
    reason_text: str | None
    days_left: int | None = Field(description="Days of the calendar; 0 on the last day")
    reminders: list[datetime]
    next_reminder_at: datetime | None
    rule: ClockRuleOut | None
    accept_by: datetime | None = Field(description="When sales answer the hand-over at the latest")
    accept_is_late: bool
    barred: list[BarredPersonOut]


class ForecastIn(BaseModel):
    """Rules that are to be tried, and how many days ahead."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"rules": RULES_EXAMPLE, "days": 7}}
    )

    rules: RuleSetBody
    days: StrictInt = Field(default=7, ge=1, le=366)


class FallBackCountsOut(BaseModel):
    """How many leads fall back at the next run, and how many more within the days."""

    model_config = ConfigDict(from_attributes=True)

    at_once: int
    within_days: int


class ForecastOut(BaseModel):
    """How many of the leads that the caller sees would fall back, by two sets of rules."""

    leads: int
    is_complete: bool = Field(description="Whether all leads were tried, or the newest only")
    days: int
    in_force: FallBackCountsOut
    tried: FallBackCountsOut


def words_of(retention: Retention) -> str:
    """Return what a rule asks for, in the preferred language."""
    rule = retention.rule
    parts = [
        in_words(text, period=_length(period))
        for name, text in _PERIODS.items()
        if (period := getattr(rule, name)) is not None
    ]
    if retention.accept_within is not None:
        parts.append(in_words(_ACCEPT, period=_length(retention.accept_within)))
    return joined(SEMICOLON, *parts) or in_words(_NEVER)


def reason_words(reason: FallBackReason | None) -> str | None:
    """Return why a lead falls back, in the preferred language."""
    return None if reason is None else in_words(TEXTS[f"FallBackReason.{reason}"])


def state_words(state: ClockState) -> str:
    """Return whether a clock runs and why not, in the preferred language."""
    return in_words(TEXTS[f"ClockState.{state}"])


def _length(period: Period) -> str:
    one, many = _LENGTHS[period.unit]
    return in_words(one if period.count == 1 else many, count=str(period.count))
