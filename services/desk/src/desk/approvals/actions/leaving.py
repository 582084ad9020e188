"""Asks somebody else where an approver has left in the middle."""

from typing import Final
from uuid import UUID

from chassis.foundation.context import SYSTEM_ACTOR
from chassis.jobs import queue
from chassis.web.commands import Command
from desk.approvals import store
from desk.approvals.actions.lateness import superior_of
from desk.approvals.actions.saving import save_moved
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.history import Happening, HistoryAction
from desk.approvals.domain.statuses import PENDING

LEAVING_JOB: Final = "approval.approver_left"
ACTOR: Final = f"{SYSTEM_ACTOR}approver_left"
CHUNK: Final = 50


async def follow_leaving(command: Command, person: str) -> None:
    """Let a job replace a person who may not decide any more, wherever they are asked."""
    await queue.enqueue(
        command.tx,
        LEAVING_JOB,
        person,
        run_at=command.now,
        payload={"after": None},
        actor=ACTOR,
        replace=True,
    )


async def replace_chunk(command: Command, person: str, after: UUID | None) -> UUID | None:
    """Replace a person in some of the requests that wait for them; return the last of these.

    None if there are no more.
    """
    ids = await store.waiting_for(command.tx, person, after=after, limit=CHUNK)
    for approval_id in ids:
        approval = await store.find_by_id(command.tx, approval_id)
        if approval is not None and approval.status is PENDING:
            await _replace(command, approval, person)
    return ids[-1] if len(ids) == CHUNK else None


async def _replace(command: Command, before: Approval, person: str) -> None:
    """Ask the nearest superior of who has left; where nobody is left, the step is begun anew."""
    gone = frozenset({person})
    if not any(seat.is_undecided and seat.person == person for seat in before.present):
        return
    to = await superior_of(command, before, person, gone=gone)
    after = before.replace_person(person, to, now=command.now)
    happened = Happening(action=HistoryAction.REPLACED, person=to, on_behalf_of=person)
    await save_moved(command, before, after, [happened], gone=gone)
