"""The commands on teams."""

from collections.abc import Callable, Collection
from uuid import UUID

from chassis.records.record_commands import create_record, edit_record
from chassis.web.commands import Command
from kernel.errors import Invalid, Violation
from org.people import store as people
from org.teams.domain import Team
from org.teams.store import TEAM


async def create_team(command: Command, team: Team) -> Team:
    """Add a team of active people.

    Callers need `org.team.write`. Raises Invalid (PERSON_UNKNOWN, PERSON_INACTIVE).
    """
    await _validate_members(command, team.member_ids)
    return await create_record(command, TEAM, team)


async def edit_team(command: Command, team_id: UUID, edit: Callable[[Team], Team]) -> Team:
    """Rename a team or change its members; members deactivated since may stay.

    Callers need `org.team.write`.
    Raises what `edit_record` raises, Invalid (PERSON_UNKNOWN, PERSON_INACTIVE).
    """

    async def check(before: Team, after: Team) -> None:
        await _validate_members(command, after.member_ids, previous=before.member_ids)

    return await edit_record(command, TEAM, team_id, edit, check=check)


async def _validate_members(
    command: Command, member_ids: Collection[UUID], *, previous: Collection[UUID] = ()
) -> None:
    active = await people.person_active_flags(
        command.tx, [member for member in member_ids if member not in previous]
    )
    codes = {None: "PERSON_UNKNOWN", False: "PERSON_INACTIVE"}
    violations = [
        Violation(f"/member_ids/{index}", codes[active.get(member)])
        for index, member in enumerate(member_ids)
        if member not in previous and not active.get(member)
    ]
    if violations:
        raise Invalid(violations)
