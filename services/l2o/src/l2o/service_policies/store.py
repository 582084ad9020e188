"""Reads the standing of people from the copy of the directory."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from chassis.records.access.tables import people, posts, team_members, teams
from l2o.service_policies.domain import Standing


async def standing_of(tx: AsyncConnection, subject: str) -> Standing:
    """Return the titles and teams of an active person; none of anybody else."""
    is_active = (people.c.subject == subject) & people.c.active & ~people.c.deleted
    titles = select(posts.c.title).join(people, people.c.id == posts.c.person_id)
    mine = select(team_members.c.team_id).join(people, people.c.id == team_members.c.person_id)
    found = await tx.execute(titles.where(is_active, posts.c.title.is_not(None)))
    team_ids = await tx.execute(mine.where(is_active))
    return Standing(titles=frozenset(found.scalars()), team_ids=frozenset(team_ids.scalars()))


async def unknown_teams(tx: AsyncConnection, team_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the ids that are not the id of a team."""
    known = select(teams.c.id).where(is_one_of(teams.c.id, sorted(team_ids)), ~teams.c.deleted)
    return set(team_ids) - set((await tx.execute(known)).scalars())
