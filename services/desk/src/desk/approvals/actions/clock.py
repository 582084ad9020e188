"""The clock of a request: when its step is reminded of, late, or tried again for want of people."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from chassis.jobs import queue
from chassis.records.working_time.deadlines import deadline_after
from chassis.web.commands import Command
from contracts.work import RecordRef
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.statuses import PENDING
from desk.flows.domain.flow import TimeLimit, TimeoutAction

CLOCK_JOB: Final = "approval.clock"
# Of steps whose flow names no limit: a day of work, and three.
DEFAULT_LIMIT: Final = TimeLimit(
    minutes=24 * 60, remind_minutes=8 * 60, action=TimeoutAction.ESCALATE
)
LOOKS_AGAIN_AFTER: Final = timedelta(hours=1)


class Tick(StrEnum):
    """What the clock comes for."""

    REMIND = "REMIND"
    LATE = "LATE"
    LOOK_AGAIN = "LOOK_AGAIN"


def limit_of(approval: Approval) -> TimeLimit:
    """Return the time limit of the present step."""
    return approval.step.limit or DEFAULT_LIMIT


async def keep_clock(command: Command, before: Approval | None, saved: Approval) -> None:
    """Set the clock of a request that has come to another step, and stop that of the one before."""
    is_new_step = before is None or _step_of(before) != _step_of(saved)
    if before is not None and (is_new_step or saved.status is not PENDING):
        for tick in (Tick.REMIND, Tick.LATE):
            await queue.cancel(command.tx, CLOCK_JOB, _key(command, before, tick))
    if saved.status is not PENDING:
        return
    if saved.needs_approvers:
        await set_clock(command, saved, Tick.LOOK_AGAIN)
    elif is_new_step:
        has_reminder = limit_of(saved).remind_minutes is not None
        await set_clock(command, saved, Tick.REMIND if has_reminder else Tick.LATE)


def _step_of(approval: Approval) -> tuple[Any, ...]:
    return approval.step_no, approval.round, approval.step_started_at


def _key(command: Command, approval: Approval, tick: Tick) -> str:
    """Return a key of its own for each tick.

    A command that has locked the request never waits for the row of a job that is running, because
    that job waits for the request.
    """
    times = str(command.now) if tick is Tick.LOOK_AGAIN else str(approval.late_times)
    return f"{approval.id}:{approval.round}.{approval.step_no}:{tick}:{times}"


async def set_clock(command: Command, approval: Approval, tick: Tick) -> None:
    """Let the clock come at the instant of a tick of the present step, in working time."""
    run_at = await _instant(command, approval, tick)
    if run_at is None:
        return
    await queue.enqueue(
        command.tx,
        CLOCK_JOB,
        _key(command, approval, tick),
        run_at=run_at,
        payload={
            "approval_id": str(approval.id),
            "tick": tick,
            "step_no": approval.step_no,
            "round": approval.round,
        },
        about=RecordRef(resource="desk.approval", record_id=approval.id),
    )


async def _instant(command: Command, approval: Approval, tick: Tick) -> datetime | None:
    if tick is Tick.LOOK_AGAIN:
        return command.now + LOOKS_AGAIN_AFTER
    limit = limit_of(approval)
    minutes = limit.remind_minutes if tick is Tick.REMIND else limit.minutes
    # Whoever is late once gets as much time again.
    start = approval.step_started_at or command.now
    start = command.now if approval.late_times else start
    asked = approval.open_seats
    owner = asked[0].person if asked else None
    return await deadline_after(command.tx, start, minutes or limit.minutes, owner_id=owner)
