"""Reads requests with their steps, what waits for whom, and the figures of approvals."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Date, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.tenant_settings import settings_of
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.seats import SeatState
from desk.approvals.domain.statuses import ApprovalStatus
from desk.approvals.schemas import (
    ApprovalFigures,
    ApprovalOut,
    ApprovalTaskOut,
    ClearedCounts,
    DayCounts,
    PersonCounts,
    SeatOut,
    StepCounts,
    StepOut,
)
from desk.approvals.store import APPROVAL, approval_seats, approvals
from desk.flows.views.ways import name_of_step

MOST_PEOPLE = 100
_HOURS = Decimal("0.1")
DECIDED = (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED)


async def read_approval(tx: AsyncConnection, approval_id: UUID) -> ApprovalOut:
    """Return a request with its steps. Raises NotFound."""
    return shown(await APPROVAL.get(tx, approval_id))


def shown(approval: Approval) -> ApprovalOut:
    """Return a request as the API shows it: each step with the seats of its latest round."""
    steps = []
    for number, step in enumerate(approval.plan.steps):
        mine = [seat for seat in approval.seats if seat.step_no == number]
        latest = max((seat.round for seat in mine), default=0)
        steps.append(
            StepOut(
                key=step.key,
                name=name_of_step(step),
                mode=step.mode,
                needed=step.needed,
                is_present=approval.status is ApprovalStatus.PENDING and number == approval.step_no,
                seats=[SeatOut.model_validate(s) for s in mine if s.round == latest],
            )
        )
    values = {**vars(approval), "branch": approval.plan.branch, "steps": steps}
    return ApprovalOut.model_validate(values)


def shown_task(approval: Approval, seat_id: UUID) -> ApprovalTaskOut:
    """Return a task as the API shows it."""
    seat = vars(approval.seat(seat_id))
    return ApprovalTaskOut.model_validate({**seat, "approval_id": approval.id})


async def figures(tx: AsyncConnection, *, start: datetime, end: datetime) -> ApprovalFigures:
    """Count what was asked and decided in `[start, end)`, and what waits for whom now."""
    timezone = (await settings_of(tx)).timezone
    return ApprovalFigures(
        days=await _days(tx, start, end, timezone),
        steps=await _steps(tx, start, end),
        cleared=await _cleared(tx, start, end, timezone),
        waiting=await _waiting(tx),
    )


async def _days(
    tx: AsyncConnection, start: datetime, end: datetime, timezone: str
) -> list[DayCounts]:
    c = approvals.c
    found: dict[tuple[str, str], dict[str, Any]] = {}
    asked_on = cast(func.timezone(timezone, c.requested_at), Date)
    asked = select(asked_on, c.kind, func.count()).where(
        c.requested_at >= start, c.requested_at < end
    )
    for day, kind, count in await tx.execute(asked.group_by(asked_on, c.kind)):
        _of_day(found, str(day), kind)["requested"] = count
    ended_on = cast(func.timezone(timezone, c.ended_at), Date)
    in_period = (c.ended_at_sort >= start) & (c.ended_at_sort < end)
    ended = select(ended_on, c.kind, c.status, func.count()).where(in_period)
    for day, kind, status, count in await tx.execute(ended.group_by(ended_on, c.kind, c.status)):
        _of_day(found, str(day), kind)["ended"][status] = count
    took = func.avg(func.extract("epoch", c.ended_at - c.requested_at))
    decided = select(ended_on, c.kind, took).where(in_period, c.status.in_(DECIDED))
    for day, kind, seconds in await tx.execute(decided.group_by(ended_on, c.kind)):
        _of_day(found, str(day), kind)["average_hours"] = _hours(seconds)
    return [DayCounts(day=day, kind=kind, **found[day, kind]) for day, kind in sorted(found)]


def _of_day(found: dict[tuple[str, str], dict[str, Any]], day: str, kind: str) -> dict[str, Any]:
    return found.setdefault((day, kind), {"requested": 0, "ended": {}})


async def _steps(tx: AsyncConnection, start: datetime, end: datetime) -> list[StepCounts]:
    """Count the seats of steps that were asked in the period, by the keys of their steps.

    An approval of an earlier step that counts again is none of this step: nobody was asked.
    """
    s = approval_seats.c
    is_new = s.decided_at.is_(None) | (s.decided_at > s.asked_at)
    took = func.extract("epoch", s.decided_at - s.asked_at)
    query = (
        select(
            s.kind,
            s.step_key,
            func.count().filter(s.state == SeatState.APPROVED).label("approved"),
            func.count().filter(s.state == SeatState.REJECTED).label("rejected"),
            func.count().filter(s.state == SeatState.OPEN).label("open"),
            func.avg(case((s.decided_at.is_not(None), took))).label("seconds"),
        )
        .where(s.asked_at >= start, s.asked_at < end, is_new)
        .group_by(s.kind, s.step_key)
        .order_by(s.kind, s.step_key)
    )
    return [_step_counts(dict(row)) for row in (await tx.execute(query)).mappings()]


def _step_counts(row: Mapping[str, Any]) -> StepCounts:
    return StepCounts(
        kind=row["kind"],
        step=row["step_key"],
        approved=row["approved"],
        rejected=row["rejected"],
        open=row["open"],
        average_hours=_hours(row["seconds"]),
    )


def _hours(seconds: Decimal | None) -> str | None:
    return None if seconds is None else str((Decimal(seconds) / 3600).quantize(_HOURS))


async def _cleared(
    tx: AsyncConnection, start: datetime, end: datetime, timezone: str
) -> list[ClearedCounts]:
    """Count the tasks that people were given, and those decided on the day of the tenant."""
    c = approval_seats.c
    asked_on = cast(func.timezone(timezone, c.asked_at), Date)
    decided_on = cast(func.timezone(timezone, c.decided_at), Date)
    cleared = func.count().filter(asked_on == decided_on)
    query = (
        select(c.person, func.count().label("tasks"), cleared.label("cleared"))
        .where(
            c.asked_at >= start,
            c.asked_at < end,
            c.state.in_((SeatState.OPEN, SeatState.APPROVED, SeatState.REJECTED)),
            c.decided_at.is_(None) | (c.decided_at > c.asked_at),
        )
        .group_by(c.person)
        .order_by(cleared - func.count(), c.person)
        .limit(MOST_PEOPLE)
    )
    return [ClearedCounts(**row) for row in (await tx.execute(query)).mappings()]


async def _waiting(tx: AsyncConnection) -> list[PersonCounts]:
    """Return who keeps most requests waiting."""
    c = approval_seats.c
    query = (
        select(c.person, func.count().label("open"), func.min(c.asked_at).label("oldest_asked_at"))
        .where(c.state == SeatState.OPEN)
        .group_by(c.person)
        .order_by(func.count().desc(), c.person)
        .limit(MOST_PEOPLE)
    )
    return [PersonCounts(**row) for row in (await tx.execute(query)).mappings()]
