"""Lets substitutes decide what waits for people on leave, and gives it back when they return."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import start_of_day
from chassis.foundation.context import SYSTEM_ACTOR
from chassis.jobs import queue
from chassis.records.access.presence import active_people, presence_of
from chassis.records.access.tables import people
from chassis.records.tenant_settings import settings_of, today
from chassis.web.commands import Command
from contracts.org.states import Leave, PersonState
from desk.approvals import store
from desk.approvals.actions.saving import save_moved
from desk.approvals.domain.history import Happening, HistoryAction
from desk.approvals.domain.standing_in import stand_in
from desk.approvals.domain.statuses import PENDING

LEAVE_JOB: Final = "approval.approver_on_leave"
ACTOR: Final = f"{SYSTEM_ACTOR}approver_on_leave"
CHUNK: Final = 50


async def follow_leaves(command: Command, person: PersonState) -> None:
    """Let jobs see who decides for a person: now, and on each day on which that changes.

    The job of now goes by the leaves of the event, as the copy of the directory may not know them
    yet; those of later days go by the copy.
    """
    tx, subject = command.tx, person.subject or str(person.person_id)
    day = await today(tx, command.now)
    zone = (await settings_of(tx)).timezone
    away = _leave_on(person.leaves, day)
    about = {"person": subject, "after": None}
    known = {"is_known": True, "substitute_id": _substitute_id(away)}
    await _enqueue(command, subject, command.now, about | known)
    changes = {one for leave in person.leaves for one in (leave.from_date, leave.to_date)}
    for change in sorted(one for one in changes if one > day):
        at = start_of_day(change, zone)
        await _enqueue(command, f"{subject} {change}", at, about)


def _leave_on(leaves: tuple[Leave, ...], day: date) -> Leave | None:
    """Return the leave of a day; of several the one that began first, as for the directory."""
    present = [one for one in leaves if one.from_date <= day < one.to_date]
    return min(present, key=lambda one: one.from_date, default=None)


def _substitute_id(leave: Leave | None) -> str | None:
    return None if leave is None or leave.substitute_id is None else str(leave.substitute_id)


async def _enqueue(command: Command, key: str, run_at: datetime, payload: dict[str, Any]) -> None:
    await queue.enqueue(
        command.tx, LEAVE_JOB, key, run_at=run_at, payload=payload, actor=ACTOR, replace=True
    )


async def stand_in_chunk(command: Command, payload: Mapping[str, Any]) -> UUID | None:
    """Give what waits for a person to who decides for them now; return the last of the chunk.

    None if there are no more.
    """
    tx, person = command.tx, payload["person"]
    to = await _who_decides(command, payload)
    after = payload["after"]
    ids = await store.asked_first(
        tx, person, after=None if after is None else UUID(after), limit=CHUNK
    )
    for approval_id in ids:
        before = await store.find_by_id(tx, approval_id)
        if before is None or before.status is not PENDING:
            continue
        moved = stand_in(before, person, to)
        if moved is not before:
            happened = Happening(action=HistoryAction.REPLACED, person=to, on_behalf_of=person)
            await save_moved(command, before, moved, [happened])
    return ids[-1] if len(ids) == CHUNK else None


async def _who_decides(command: Command, payload: Mapping[str, Any]) -> str:
    """Return the active substitute of a person on leave, else the person."""
    tx, person = command.tx, payload["person"]
    if payload.get("is_known"):
        substitute = await _subject_of(tx, payload["substitute_id"])
    else:
        found = await presence_of(tx, [person], await today(tx, command.now))
        substitute = found[person].substitute if person in found else None
    is_here = substitute is not None and substitute in await active_people(tx, [substitute])
    return substitute if substitute is not None and is_here else person


async def _subject_of(tx: AsyncConnection, person_id: str | None) -> str | None:
    if person_id is None:
        return None
    found: str | None = await tx.scalar(
        select(people.c.subject).where(people.c.id == UUID(person_id))
    )
    return found
