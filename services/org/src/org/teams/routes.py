"""The routes of teams."""

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
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
    matched_by=(("name",),),
    docs={
        "create": "Add a team",
        "edit": "Rename a team or change its members",
        "delete": "Delete a team, with the access it gave its members; it can be restored",
    },
)
ROUTERS = resource_routers(RESOURCE)
