"""Saves a changed request: asks the people of its next step, and keeps tasks, clock and history."""

from collections.abc import Iterable, Sequence
from typing import Final

from chassis.records.access.grants_of_records import let_read
from chassis.records.record_commands import create_record, save_record
from chassis.records.tenant_settings import today
from chassis.records.work.actions import notify, raise_task, settle_tasks
from chassis.web.commands import Command
from contracts.desk.events import ApprovalDecided
from contracts.event import Event
from contracts.work import RecordRef
from desk.approvals.actions.clock import keep_clock
from desk.approvals.actions.kinds import DECIDE, ENDED, NOBODY, WAITS, words_of
from desk.approvals.actions.links import mail_link
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.history import Happening, HistoryAction, HistoryEntry
from desk.approvals.domain.seats import Seat, SeatState
from desk.approvals.domain.statuses import ANSWERS, PENDING
from desk.approvals.store import APPROVAL, APPROVALS, add_history
from desk.flows.domain.approvers import resolve
from desk.flows.views.directory import Question, surroundings_of
from kernel.ids import new_id

TASK: Final = "desk.approval_task"
_NOBODY: Final = frozenset[str]()


async def save_new(command: Command, approval: Approval, happenings: Sequence[Happening]) -> None:
    """Store a new request, ask the people of its first step, and publish it."""
    asked, more = await _advanced(command, None, approval, _NOBODY)
    event = _decided(asked)
    await create_record(command, APPROVAL, asked, validate=False, event=event)
    await _keep(command, None, asked, [*happenings, *more])


async def save_moved(
    command: Command,
    before: Approval,
    after: Approval,
    happenings: Sequence[Happening],
    *,
    gone: frozenset[str] = _NOBODY,
) -> Approval:
    """Save a changed request once its next step has its people; return it as saved.

    `gone` are people who have left, whom no step asks.
    """
    asked, more = await _advanced(command, before, after, gone)
    event = _decided(asked) if before.status is PENDING else None
    saved = await save_record(command, APPROVAL, before, asked, event)
    await _keep(command, before, saved, [*happenings, *more])
    return saved


def _decided(approval: Approval) -> Event | None:
    """Return the event that its service waits for, if the request was decided just now."""
    if approval.status not in ANSWERS:
        return None
    return ApprovalDecided(approval=approval.state())


async def _advanced(
    command: Command, before: Approval | None, approval: Approval, gone: frozenset[str]
) -> tuple[Approval, list[Happening]]:
    """Ask the people of the present step, and of the next ones where all have approved before.

    That a step finds nobody happens once, however often the clock looks again.
    """
    happenings: list[Happening] = []
    while approval.needs_approvers:
        step, fallback = approval.step, approval.plan.fallback
        question = Question(
            asker=approval.requested_by,
            day=await today(command.tx, command.now),
            record_people=approval.record_people,
            gone=gone,
        )
        around = await surroundings_of(command.tx, question, [step], fallback)
        found = resolve(step, asker=approval.requested_by, around=around, fallback=fallback)
        if not found.asked:
            if not _found_nobody_before(before, approval):
                happenings.append(Happening(action=HistoryAction.NOBODY_FOUND))
            break
        approval = approval.begin_step(found.asked, make_id=new_id, now=command.now)
        happenings += [
            Happening(action=HistoryAction.ASKED, person=one.person, on_behalf_of=one.instead_of)
            for one in found.asked
        ]
    return approval, happenings


def _found_nobody_before(before: Approval | None, approval: Approval) -> bool:
    """Return whether the present step had nobody to decide it already."""
    if before is None or not before.needs_approvers:
        return False
    return (before.step_no, before.round) == (approval.step_no, approval.round)


async def _keep(
    command: Command, before: Approval | None, saved: Approval, happenings: Sequence[Happening]
) -> None:
    """Keep what follows from a saved request: history, tasks, readers, notices, time limits."""
    await enter(command, before or saved, happenings)
    await _say_that_nobody_decides(command, saved, happenings)
    await _keep_tasks(command, before, saved)
    await _let_approvers_read(command, before, saved)
    has_ended = saved.status is not PENDING and (before is None or before.status is PENDING)
    if has_ended and command.actor != saved.requested_by:
        about = RecordRef(resource="desk.approval", record_id=saved.id)
        kind = ENDED[words_of(saved.kind), saved.status]
        await notify(command.tx, kind, about, recipient=saved.requested_by, params=_named(saved))
    await keep_clock(command, before, saved)


async def _say_that_nobody_decides(
    command: Command, saved: Approval, happenings: Sequence[Happening]
) -> None:
    """Notify the asker of a step that has just found nobody to decide it."""
    if any(one.action is HistoryAction.NOBODY_FOUND for one in happenings):
        about = RecordRef(resource="desk.approval", record_id=saved.id)
        kind = NOBODY[words_of(saved.kind)]
        await notify(command.tx, kind, about, recipient=saved.requested_by, params=_named(saved))


async def _let_approvers_read(command: Command, before: Approval | None, saved: Approval) -> None:
    earlier = set() if before is None else {seat.person for seat in before.seats}
    new = {seat.person for seat in saved.seats} - earlier
    asker, now = saved.requested_by, command.now
    await let_read(command.tx, APPROVALS, saved.id, new, by=asker, now=now)


async def enter(command: Command, approval: Approval, happenings: Iterable[Happening]) -> None:
    """Append what happened to the history of a request."""
    has_step = approval.status is PENDING and bool(approval.plan.steps)
    entries = [
        HistoryEntry(
            id=new_id(),
            approval_id=approval.id,
            at=command.now,
            step_key=approval.step.key if has_step else None,
            round=approval.round,
            record_version=approval.record_version,
            **vars(one),
        )
        for one in happenings
    ]
    await add_history(command.tx, entries)


async def _keep_tasks(command: Command, before: Approval | None, saved: Approval) -> None:
    """Give each person whose turn it is a task, and settle those of the others."""
    known = {} if before is None else {seat.id: seat for seat in before.seats}
    for seat in saved.seats:
        earlier = known.get(seat.id)
        was_open = earlier is not None and earlier.state is SeatState.OPEN
        is_open = saved.status is PENDING and seat.state is SeatState.OPEN
        same_person = earlier is not None and earlier.person == seat.person
        if is_open and not (was_open and same_person):
            await raise_task(
                command.tx,
                DECIDE[words_of(saved.kind)],
                _task(seat),
                assignee=seat.person,
                params=_named(saved),
            )
            await mail_link(command, saved, seat)
        elif was_open and not is_open:
            await settle_tasks(command.tx, _task(seat))


async def remind(command: Command, approval: Approval) -> None:
    """Remind everybody whose turn it is."""
    for seat in approval.open_seats:
        await notify(
            command.tx,
            WAITS[words_of(approval.kind)],
            _task(seat),
            recipient=seat.person,
            params=_named(approval),
        )
    people = [
        Happening(action=HistoryAction.REMINDED, person=s.person) for s in approval.open_seats
    ]
    await enter(command, approval, people)


def _task(seat: Seat) -> RecordRef:
    return RecordRef(resource=TASK, record_id=seat.id)


def _named(approval: Approval) -> dict[str, str]:
    """Return the parameters of texts about a request."""
    return {"name": approval.record_name}
