"""The routes of teams."""

from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from org.teams import actions
from org.teams.schemas import TeamIn, TeamOut
from org.teams.store import LISTING, TEAM

RESOURCE = Resource(
    record_type=TEAM,
    collection="/teams",
    listing=LISTING,
    body=TeamIn,
    edit_body=TeamIn,
    answer=TeamOut,
    create=actions.create_team,
    edit=actions.edit_team,
    external_ids=False,
    docs={"create": "Add a team", "edit": "Rename a team or change its members"},
)
router = new_router("/teams", tag="teams")


@router.delete("/{team_id}", status_code=204, dependencies=[RESOURCE.write_guard])
async def team_delete(team_id: UUID, command: ChangeCommand) -> None:
    """Delete a team; its members lose the access that the team gave them."""
    await actions.delete_team(command, team_id)


ROUTERS = resource_routers(RESOURCE, router)
