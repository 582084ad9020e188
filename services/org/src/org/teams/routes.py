"""The routes of teams."""

from uuid import UUID

from fastapi import Response

from chassis.foundation.clock import Now
from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import allow
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from org.teams import actions, store
from org.teams.schemas import TeamIn, TeamOut

router = new_router("/teams", tag="teams")
READ, WRITE = allow("org.team.read"), allow("org.team.write")


@router.post("", status_code=201, dependencies=[WRITE])
async def team_create(body: TeamIn, response: Response, tx: Tx, now: Now) -> TeamOut:
    """Add a team."""
    team = await actions.create_team(tx, name=body.name, member_ids=body.member_ids, now=now)
    response.headers["Location"] = f"/org/v1/teams/{team.id}"
    return TeamOut.model_validate(team)


add_list_routes(router, store.LISTING)


@router.get("/{team_id}", dependencies=[READ])
async def team_get(team_id: UUID, tx: Tx) -> TeamOut:
    """Read a team."""
    return TeamOut.model_validate(await store.get(tx, team_id))


@router.patch("/{team_id}", dependencies=[WRITE])
async def team_change(
    team_id: UUID, body: MergePatch[TeamIn], expected: IfMatch, tx: Tx, now: Now
) -> TeamOut:
    """Rename a team or change its members."""
    team = await actions.change_team(tx, team_id, body.applied, now=now, expected=expected)
    return TeamOut.model_validate(team)


@router.delete("/{team_id}", status_code=204, dependencies=[WRITE])
async def team_delete(team_id: UUID, expected: IfMatch, tx: Tx, now: Now) -> None:
    """Delete a team; its members lose the access that the team gave them."""
    await actions.delete_team(tx, team_id, now=now, expected=expected)


audit = audit_router("/teams", resource=store.TEAM, table=store.teams, dependencies=[READ])
ROUTERS = (router, audit)
