"""The commands of approvers: decide, hand on, delegate, add approvers, send back; withdrawing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from chassis.records.access.presence import active_people
from chassis.web.commands import Command
from desk.approvals import store
from desk.approvals.actions.attaching import attach_files
from desk.approvals.actions.saving import save_moved
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.history import Happening, HistoryAction
from desk.approvals.domain.seats import Seat, SeatState
from desk.approvals.domain.statuses import PENDING, ApprovalStatus, Verdict
from desk.approvals.store import APPROVAL
from kernel.errors import Conflict, Invalid, RuleBroken, Violation
from kernel.ids import new_id

_VERDICT_ACTIONS: Final = {
    Verdict.APPROVE: (HistoryAction.APPROVED, SeatState.APPROVED),
    Verdict.REJECT: (HistoryAction.REJECTED, SeatState.REJECTED),
}
# What a move makes of a request; it gets the request and the seat as they are now.
Move = Callable[[Approval, Seat], Approval]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What an approver decides, what they say to it, and the files that they uploaded for it."""

    verdict: Verdict
    comment: str | None = None
    file_ids: tuple[UUID, ...] = ()


async def decide(command: Command, seat_id: UUID, decision: Decision) -> Approval:
    """Decide a task of the caller; the same decision again changes nothing.

    Raises NotFound, RuleBroken (APPROVAL_ENDED, SEAT_NOT_OPEN, ASKER_MAY_NOT_APPROVE),
    PreconditionFailed, Conflict (MOVE_MADE_OTHERWISE), Invalid (FILE_NOT_ATTACHABLE).
    """
    return await _decide(command, seat_id, decision, person=command.actor)


async def decide_on_behalf(command: Command, seat_id: UUID, decision: Decision) -> Approval:
    """Decide a task of somebody else, whose name the history keeps beside the caller's.

    Needs `desk.approval_task.decide_for`. Raises what `decide` raises.
    """
    return await _decide(command, seat_id, decision, person=None)


async def decide_by_link(
    command: Command, seat_id: UUID, version: int | None, decision: Decision
) -> Approval | None:
    """Decide a task by the link that its person got; None once the task has another version.

    The person decides, and the history says how. Raises what `decide` raises.
    """
    before, seat = await _locked(command, seat_id, person=None)
    if seat.version != version:
        return None
    as_person = replace(command, actor=seat.person)
    return await _made(as_person, before, seat, decision, by_link=True)


async def _decide(
    command: Command, seat_id: UUID, decision: Decision, *, person: str | None
) -> Approval:
    before, seat = await _locked(command, seat_id, person=person)
    _, state = _VERDICT_ACTIONS[decision.verdict]
    if seat.decided_by == command.actor and seat.state is state:
        if seat.comment == decision.comment:
            return before
        raise Conflict("MOVE_MADE_OTHERWISE")
    _ensure_own(command, seat, person)
    _ensure_unchanged(command, before, seat)
    return await _made(command, before, seat, decision)


async def _made(
    command: Command, before: Approval, seat: Seat, decision: Decision, *, by_link: bool = False
) -> Approval:
    after = before.decide(
        seat, decision.verdict, by=command.actor, comment=decision.comment, now=command.now
    )
    attached = await attach_files(command, before.id, decision.file_ids)
    happened = Happening(
        action=_VERDICT_ACTIONS[decision.verdict][0],
        actor=command.actor,
        on_behalf_of=_behalf(seat, command.actor),
        person=seat.person,
        comment=decision.comment,
        attachment_ids=tuple(str(one.id) for one in attached),
        by_link=by_link,
    )
    return await save_moved(command, before, after, [happened])


def _behalf(seat: Seat, actor: str | None) -> str | None:
    """Return for whom somebody decides who was not asked first."""
    first = seat.instead_of or seat.person
    return None if first == actor else first


async def hand_on(command: Command, seat_id: UUID, to: str, *, comment: str | None) -> Approval:
    """Give a task of the caller to somebody else for good.

    Raises what `decide` raises, Invalid (APPROVER_INACTIVE), RuleBroken (APPROVER_ASKED_ALREADY).
    """
    await _ensure_active(command, to)
    happened = Happening(
        action=HistoryAction.HANDED_ON, actor=command.actor, person=to, comment=comment
    )
    return await _move(command, seat_id, lambda a, s: a.hand_on(s, to, now=command.now), happened)


async def delegate(command: Command, seat_id: UUID, to: str, *, comment: str | None) -> Approval:
    """Let somebody else decide a task of the caller, who can take it back.

    Raises what `hand_on` raises.
    """
    await _ensure_active(command, to)
    happened = Happening(
        action=HistoryAction.DELEGATED, actor=command.actor, person=to, comment=comment
    )
    return await _move(command, seat_id, lambda a, s: a.delegate(s, to, now=command.now), happened)


async def take_back(command: Command, seat_id: UUID) -> Approval:
    """Take back a task that the caller delegated. Raises NotFound, RuleBroken (NOT_DELEGATED)."""
    before, seat = await _locked(command, seat_id, person=command.actor)
    if seat.instead_of != command.actor:
        raise RuleBroken("NOT_DELEGATED")
    _ensure_unchanged(command, before, seat)
    after = before.take_back(seat, now=command.now)
    happened = Happening(action=HistoryAction.TAKEN_BACK, actor=command.actor, person=command.actor)
    return await save_moved(command, before, after, [happened])


async def add_approver(
    command: Command, seat_id: UUID, to: str, *, before: bool, comment: str | None
) -> Approval:
    """Ask somebody before the caller decides, or after they have approved.

    Raises what `hand_on` raises.
    """
    await _ensure_active(command, to)
    happened = Happening(
        action=HistoryAction.APPROVER_ADDED, actor=command.actor, person=to, comment=comment
    )

    def add(approval: Approval, seat: Seat) -> Approval:
        return approval.add_approver(seat, to, before=before, seat_id=new_id(), now=command.now)

    return await _move(command, seat_id, add, happened)


async def send_back(command: Command, seat_id: UUID, *, step: str | None, comment: str) -> Approval:
    """Begin again with an earlier step; without one the request goes back to the asker.

    Raises what `decide` raises, RuleBroken (STEP_NOT_EARLIER).
    """
    if step is None:
        returned = Happening(action=HistoryAction.RETURNED, actor=command.actor, comment=comment)

        def give_back(approval: Approval, seat: Seat) -> Approval:
            approval.ensure_open(seat)
            status = ApprovalStatus.RETURNED
            return approval.end(status, by=command.actor, reason=comment, now=command.now)

        return await _move(command, seat_id, give_back, returned)
    happened = Happening(action=HistoryAction.SENT_BACK, actor=command.actor, comment=comment)

    def rewind(approval: Approval, seat: Seat) -> Approval:
        keys = [one.key for one in approval.plan.steps]
        if step not in keys:
            raise RuleBroken("STEP_NOT_EARLIER")
        return approval.send_back(seat, keys.index(step), now=command.now)

    return await _move(command, seat_id, rewind, happened)


async def withdraw(command: Command, approval_id: UUID, *, reason: str | None) -> Approval:
    """End a request of the caller or their people; its service takes the record back.

    Raises NotFound, RuleBroken (APPROVAL_ENDED), PreconditionFailed, Conflict
    (MOVE_MADE_OTHERWISE).
    """
    before = await APPROVAL.get(command.tx, approval_id, lock=True)
    if before.status is ApprovalStatus.WITHDRAWN:
        if before.reason != reason:
            raise Conflict("MOVE_MADE_OTHERWISE")
        return before
    if before.status is not PENDING:
        raise RuleBroken("APPROVAL_ENDED", name=before.record_name, status=before.status)
    command.expected.check(before)
    status = ApprovalStatus.WITHDRAWN
    after = before.end(status, by=command.actor, reason=reason, now=command.now)
    happened = Happening(action=HistoryAction.WITHDRAWN, actor=command.actor, comment=reason)
    return await save_moved(command, before, after, [happened])


async def _move(command: Command, seat_id: UUID, move: Move, happened: Happening) -> Approval:
    before, seat = await _locked(command, seat_id, person=command.actor)
    _ensure_own(command, seat, command.actor)
    _ensure_unchanged(command, before, seat)
    return await save_moved(command, before, move(before, seat), [happened])


async def _locked(command: Command, seat_id: UUID, *, person: str | None) -> tuple[Approval, Seat]:
    """Lock the request of a seat, so that all its commands run one after the other."""
    approval_id = await store.approval_of_seat(command.tx, seat_id, person=person)
    approval = await APPROVAL.get(command.tx, approval_id, lock=True)
    return approval, approval.seat(seat_id)


def _ensure_own(command: Command, seat: Seat, person: str | None) -> None:
    """Refuse who has handed on or delegated the task: they take it back first."""
    if person is not None and seat.person != command.actor:
        raise RuleBroken("TASK_NOT_YOURS")


def _ensure_unchanged(command: Command, approval: Approval, seat: Seat) -> None:
    """Refuse a stale copy of the task, unless the request has ended, which explains more."""
    if approval.status is PENDING:
        command.expected.check(seat)


async def _ensure_active(command: Command, person: str) -> None:
    if person not in await active_people(command.tx, [person]):
        raise Invalid([Violation("/to", "APPROVER_INACTIVE")])
