"""What retention rules read of a lead, and what their rows decide: periods, reminders, target."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from kernel.errors import Violation
from mtl.leads.domain.scoring import GRADE_FACT, LEAD_FACTS, SCORE_FACT, STATUS_FACT
from parties.ownership_clock import Period, RetentionRule, TimeUnit
from rules.json_reader import JsonReader

MAX_REMINDERS: Final = 10
MAX_BARRED_DAYS: Final = 365
MAX_SUBJECT: Final = 200
# The longest period: ten years of days, and a year of hours.
_LONGEST: Final[Mapping[TimeUnit, int]] = {
    TimeUnit.HOURS: 24 * 366,
    TimeUnit.DAYS: 3650,
    TimeUnit.WORKING_HOURS: 24 * 366,
    TimeUnit.WORKING_DAYS: 2500,
}
_WORKING: Final = frozenset({TimeUnit.WORKING_HOURS, TimeUnit.WORKING_DAYS})
_DEADLINES: Final = ("first_follow_up", "next_follow_up", "conversion")
_PERIODS: Final = (*_DEADLINES, "accept_within", "accept_reminder")
_MEMBERS: Final = (*_PERIODS, "reminders", "barred_days", "target")

RETENTION_FACTS: Final = LEAD_FACTS.with_fields((STATUS_FACT, GRADE_FACT, SCORE_FACT))


class TargetKind(StrEnum):
    """Who gets a lead that falls back."""

    NOBODY = "NOBODY"
    DEPARTMENT_HEAD = "DEPARTMENT_HEAD"  # the nearest manager above its owner
    PERSON = "PERSON"
    POOL = "POOL"  # a pool that the rule names, else that from which it came


@dataclass(frozen=True)
class ReleaseTarget:
    """Who gets a lead that falls back: the person `subject` of PERSON, the pool of POOL."""

    kind: TargetKind = TargetKind.NOBODY
    subject: str | None = None
    pool_id: UUID | None = None


@dataclass(frozen=True)
class Retention:
    """What a row of the rules decides for the leads that it applies to.

    Sales answer a hand-over within `accept_within`, of which they are reminded after
    `accept_reminder`.
    """

    rule: RetentionRule
    accept_within: Period | None = None
    accept_reminder: Period | None = None
    target: ReleaseTarget = ReleaseTarget()

    @property
    def needs_working_time(self) -> bool:
        """Whether a period is counted in working time: the owner's hours and leave count."""
        rule = self.rule
        deadlines = (rule.first_follow_up, rule.next_follow_up, rule.conversion)
        periods = (*deadlines, *rule.reminders, self.accept_within, self.accept_reminder)
        return any(one is not None and one.unit in _WORKING for one in periods)


def retention_of(outcome: Mapping[str, Any]) -> Retention:
    """Return what a row decides, whose outcome `check_retention` has checked."""
    periods = {name: _period_of(outcome.get(name)) for name in _PERIODS}
    reminders = (_period_of(one) for one in outcome.get("reminders") or ())
    target = outcome.get("target") or {"kind": TargetKind.NOBODY}
    return Retention(
        RetentionRule(
            **{name: periods[name] for name in _DEADLINES},
            reminders=tuple(one for one in reminders if one is not None),
            barred_days=outcome.get("barred_days") or 0,
        ),
        accept_within=periods["accept_within"],
        accept_reminder=periods["accept_reminder"],
        target=_target_of(target),
    )


def _target_of(body: Mapping[str, Any]) -> ReleaseTarget:
    pool_id = body.get("pool_id")
    pool = None if pool_id is None else UUID(pool_id)
    return ReleaseTarget(TargetKind(body["kind"]), body.get("subject"), pool)


def _period_of(body: Mapping[str, Any] | None) -> Period | None:
    return None if body is None else Period(body["count"], TimeUnit(body["unit"]))


def check_retention(outcome: Mapping[str, Any]) -> Iterator[Violation]:
    """Yield what is wrong with the outcome of a row; one without periods keeps leads for ever.

    A reminder that cannot come before any deadline of its row is wrong (REMINDER_TOO_LATE).
    """
    reader = JsonReader()
    reader.refuse_others(outcome, _MEMBERS, "")
    periods = {
        name: _read_period(reader, outcome[name], f"/{name}")
        for name in _PERIODS
        if outcome.get(name) is not None
    }
    deadlines = [periods.get(name) for name in _DEADLINES]
    for position, body in enumerate(_read_list(reader, outcome)):
        reminder = _read_period(reader, body, f"/reminders/{position}")
        if reminder is not None and not _comes_before_one(reminder, deadlines):
            reader.refuse(f"/reminders/{position}", "REMINDER_TOO_LATE")
    if "accept_reminder" in periods and not _comes_before_one(
        periods["accept_reminder"], [periods.get("accept_within")]
    ):
        reader.refuse("/accept_reminder", "REMINDER_TOO_LATE")
    if outcome.get("barred_days") is not None:
        reader.integer_at(outcome["barred_days"], "/barred_days", 0, MAX_BARRED_DAYS)
    _read_target(reader, outcome.get("target"))
    yield from reader.violations


def _read_list(reader: JsonReader, outcome: Mapping[str, Any]) -> list[Any]:
    body = outcome.get("reminders")
    return [] if body is None else reader.list_at(body, "/reminders", 0, MAX_REMINDERS) or []


def _read_period(reader: JsonReader, body: Any, pointer: str) -> Period | None:
    members = reader.object_at(body, pointer)
    if members is None:
        return None
    reader.refuse_others(members, ("count", "unit"), pointer)
    given = reader.required(members, "unit", pointer)
    unit = None if given is None else reader.choice_at(given, f"{pointer}/unit", list(TimeUnit))
    count = reader.required(members, "count", pointer)
    longest = max(_LONGEST.values()) if unit is None else _LONGEST[TimeUnit(unit)]
    if count is not None:
        count = reader.integer_at(count, f"{pointer}/count", 1, longest)
    return None if count is None or unit is None else Period(count, TimeUnit(unit))


def _read_target(reader: JsonReader, body: Any) -> None:
    members = None if body is None else reader.object_at(body, "/target")
    if members is None:
        return
    reader.refuse_others(members, ("kind", "subject", "pool_id"), "/target")
    given = reader.required(members, "kind", "/target")
    kind = None if given is None else reader.choice_at(given, "/target/kind", list(TargetKind))
    if kind == TargetKind.PERSON:
        subject = reader.required(members, "subject", "/target")
        if subject is not None:
            reader.text_at(subject, "/target/subject", MAX_SUBJECT, 1)
    elif members.get("subject") is not None:
        reader.refuse("/target/subject", "VALUE_INVALID")
    if members.get("pool_id") is not None and (
        kind != TargetKind.POOL or not _is_uuid(members["pool_id"])
    ):
        reader.refuse("/target/pool_id", "VALUE_INVALID")


def _is_uuid(value: Any) -> bool:
    try:
        UUID(value)
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def _comes_before_one(reminder: Period | None, deadlines: list[Period | None]) -> bool:
    """Whether a reminder may come before one of the deadlines; one that is unreadable may."""
    if reminder is None:
        return True
    return any(one is not None and not _is_surely_later(reminder, one) for one in deadlines)


def _is_surely_later(reminder: Period, deadline: Period) -> bool:
    """Whether a reminder comes at its deadline or later, whatever the working time is.

    A number of working days takes at least as many days.
    """
    if reminder.unit is deadline.unit:
        return reminder.count >= deadline.count
    shortest, longest = _least_hours(reminder), _hours(deadline)
    return shortest is not None and longest is not None and shortest >= longest


def _hours(period: Period) -> int | None:
    """Return the hours that a period of the calendar takes; None for working time."""
    if period.unit in _WORKING:
        return None
    return period.count if period.unit is TimeUnit.HOURS else period.count * 24


def _least_hours(period: Period) -> int | None:
    if period.unit is TimeUnit.WORKING_DAYS:
        return max(period.count - 1, 0) * 24
    return period.count if period.unit is TimeUnit.WORKING_HOURS else _hours(period)
