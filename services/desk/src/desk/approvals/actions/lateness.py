"""What the clock does with a request: reminds, escalates, decides by default, looks again."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from chassis.foundation.context import SYSTEM_ACTOR
from chassis.records.access.presence import active_people
from chassis.records.tenant_settings import today
from chassis.web.commands import Command
from desk.approvals import store
from desk.approvals.actions.clock import Tick, limit_of, set_clock
from desk.approvals.actions.saving import remind, save_moved
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.history import Happening, HistoryAction
from desk.approvals.domain.statuses import PENDING, Verdict
from desk.flows.domain.approvers import eligible_superior, resolve
from desk.flows.domain.flow import Approver, Step, TimeoutAction
from desk.flows.views.directory import Question, heads_above, surroundings_of

ACTOR: Final = f"{SYSTEM_ACTOR}approval_clock"
_DEFAULTS: Final = {
    TimeoutAction.APPROVE: Verdict.APPROVE,
    TimeoutAction.REJECT: Verdict.REJECT,
}


async def tick(
    command: Command, approval_id: UUID, what: Tick, *, step_no: int, round_no: int
) -> None:
    """Do what the clock came for, unless the request has moved on meanwhile."""
    approval = await store.find_by_id(command.tx, approval_id)
    if approval is None or approval.status is not PENDING:
        return
    if (approval.step_no, approval.round) != (step_no, round_no):
        return
    if what is Tick.LOOK_AGAIN:
        await save_moved(command, approval, approval, [])
    elif what is Tick.REMIND:
        await remind(command, approval)
        await set_clock(command, approval, Tick.LATE)
    else:
        await _be_late(command, approval)


async def _be_late(command: Command, approval: Approval) -> None:
    action = limit_of(approval).action
    verdict = _DEFAULTS.get(action)
    if verdict is not None:
        await _decide_by_default(command, approval, verdict)
        return
    late = replace(approval, late_times=approval.late_times + 1)
    happenings: list[Happening] = []
    if action is TimeoutAction.ESCALATE:
        late, happenings = await _escalated(command, late)
    saved = await save_moved(command, approval, late, happenings)
    if not happenings:
        await remind(command, saved)
    await set_clock(command, saved, Tick.LATE)


async def _decide_by_default(command: Command, before: Approval, verdict: Verdict) -> None:
    """Decide the open seats one after the other, until the step has passed or failed.

    A step that has lost all its people has none: it waits until somebody is found for it.
    """
    after, happenings = before, []
    here = (before.step_no, before.round)
    while after.open_seats and (after.step_no, after.round) == here:
        seat = after.open_seats[0]
        happenings.append(Happening(action=HistoryAction.TIMED_OUT, person=seat.person))
        after = after.decide(seat, verdict, by=None, comment=None, now=command.now)
    await save_moved(command, before, after, happenings)


async def _escalated(command: Command, late: Approval) -> tuple[Approval, list[Happening]]:
    """Give each late seat to the superior of its person, or to whom the flow names."""
    happenings = []
    for seat in late.open_seats:
        to = await _next(command, late, seat.person)
        after = late if to is None else late.escalate(seat, to, now=command.now)
        if after is not late:
            escalated = HistoryAction.ESCALATED
            happenings.append(Happening(action=escalated, person=to, on_behalf_of=seat.person))
        late = after
    return late, happenings


async def _next(command: Command, approval: Approval, person: str) -> str | None:
    named = limit_of(approval).escalate_to
    if named is not None:
        return await _named(command, approval, named)
    return await superior_of(command, approval, person, gone=frozenset())


async def _named(command: Command, approval: Approval, named: Approver) -> str | None:
    step = Step(key="escalation", name="escalation", approvers=(named,))
    asker = approval.requested_by
    question = Question(
        asker=asker,
        day=await today(command.tx, command.now),
        record_people=approval.record_people,
    )
    around = await surroundings_of(command.tx, question, [step], None)
    found = resolve(step, asker=asker, around=around).asked
    return found[0].person if found else None


async def superior_of(
    command: Command, approval: Approval, person: str, *, gone: frozenset[str]
) -> str | None:
    """Return the nearest superior of somebody who may decide a request; None if there is none."""
    heads = await heads_above(command.tx, person)
    active = await active_people(command.tx, [head for head in heads if head is not None])
    inactive = frozenset(head for head in heads if head is not None) - active
    excluded = frozenset({person, approval.requested_by}) | inactive | gone
    return eligible_superior(heads, excluded=excluded)
