"""The commands on teams."""

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.org.events import TeamCreated
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from org.people import store as people
from org.teams import store
from org.teams.domain import Team


async def create_team(
    tx: AsyncConnection, *, name: str, member_ids: tuple[UUID, ...], now: datetime
) -> Team:
    """Add a team of active people.

    Callers need `org.team.write`. Raises Invalid (PERSON_UNKNOWN, PERSON_INACTIVE).
    """
    await _validate_members(tx, member_ids)
    team = Team(id=new_id(), name=name, member_ids=member_ids, created_at=now, updated_at=now)
    await store.add(tx, team)
    await publish(tx, TeamCreated(team=team.state()), of=team)
    return team


async def change_team(
    tx: AsyncConnection,
    team_id: UUID,
    edit: Callable[[Team], Team],
    *,
    now: datetime,
    expected: Precondition = UNCONDITIONAL,
) -> Team:
    """Rename a team or change its members; members deactivated since may stay.

    Callers need `org.team.write`.
    Raises NotFound, PreconditionFailed, Invalid (PERSON_UNKNOWN, PERSON_INACTIVE).
    """
    before = await store.get(tx, team_id, lock=True)
    after = edit(before)
    if after == before:
        return before
    expected.check(before)
    await _validate_members(tx, after.member_ids, previous=before.member_ids)
    after, changed = before.changed(after, now=now)
    after = await store.save(tx, after)
    await publish(tx, changed, of=after)
    return after


async def delete_team(
    tx: AsyncConnection, team_id: UUID, *, now: datetime, expected: Precondition = UNCONDITIONAL
) -> None:
    """Delete a team and with it the access it gave to shared records.

    Callers need `org.team.write`. Raises NotFound, PreconditionFailed.
    """
    team = await store.get(tx, team_id, lock=True)
    expected.check(team)
    last, deleted = team.deleted(now=now)
    await store.remove(tx, team_id)
    await publish(tx, deleted, of=last)


async def _validate_members(
    tx: AsyncConnection, member_ids: Collection[UUID], *, previous: Collection[UUID] = ()
) -> None:
    active = await people.person_active_flags(
        tx, [member for member in member_ids if member not in previous]
    )
    codes = {None: "PERSON_UNKNOWN", False: "PERSON_INACTIVE"}
    violations = [
        Violation(f"/member_ids/{index}", codes[active.get(member)])
        for index, member in enumerate(member_ids)
        if member not in previous and not active.get(member)
    ]
    if violations:
        raise Invalid(violations)
