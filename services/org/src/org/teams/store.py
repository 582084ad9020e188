"""The tables of teams and their members."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Label,
    Table,
    Uuid,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.record_columns import record_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_row, update_row
from contracts.org.events import TeamChanged, TeamCreated, TeamDeleted, TeamRestored
from org.database import metadata
from org.teams.domain import Team
from org.teams.schemas import TeamOut

teams = Table(
    "teams",
    metadata,
    *record_columns(Team, without=("member_ids",)),
)

team_members = Table(
    "team_members",
    metadata,
    tenant_column(),
    Column("team_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Index(None, "tenant_id", "person_id", "team_id"),
)


def _member_ids() -> Label[Any]:
    """Build the column of a team's members in the order of their ids."""
    members = (
        select(team_members.c.person_id)
        .where(team_members.c.team_id == teams.c.id)
        .order_by(team_members.c.person_id)
        .correlate(teams)
        .scalar_subquery()
    )
    return func.array(members, type_=ARRAY(Uuid, as_tuple=True)).label("member_ids")


async def _insert(tx: AsyncConnection, team: Team) -> None:
    await insert_row(tx, teams, team)
    await _set_members(tx, team)


async def _update(tx: AsyncConnection, before: Team, team: Team) -> Team:
    saved = await update_row(tx, teams, team, before=before)
    await _set_members(tx, team)
    return saved


async def _set_members(tx: AsyncConnection, team: Team) -> None:
    is_removed = team_members.c.person_id.not_in(team.member_ids)
    await tx.execute(delete(team_members).where(team_members.c.team_id == team.id, is_removed))
    existing = set(await _stored_members(tx, team.id))
    await _add_members(
        tx, team.id, [member for member in team.member_ids if member not in existing]
    )


async def _stored_members(tx: AsyncConnection, team_id: UUID) -> Collection[UUID]:
    query = select(team_members.c.person_id).where(team_members.c.team_id == team_id)
    return (await tx.execute(query)).scalars().all()


async def _add_members(tx: AsyncConnection, team_id: UUID, person_ids: Collection[UUID]) -> None:
    if person_ids:
        rows = [{"team_id": team_id, "person_id": person_id} for person_id in person_ids]
        await tx.execute(insert(team_members), rows)


def _with_member(person_id: UUID) -> ColumnElement[bool]:
    team_ids = select(team_members.c.team_id).where(team_members.c.person_id == person_id)
    return teams.c.id.in_(team_ids)


TEAM = RecordType(
    scoped=UnownedResource("org.team", teams),
    entity=Team,
    created=TeamCreated,
    changed=TeamChanged,
    deleted=TeamDeleted,
    restored=TeamRestored,
    columns=[_member_ids()],
    insert=_insert,
    update=_update,
)
LISTING = Listing(
    TEAM.scoped,
    TeamOut,
    filters=[
        "name",
        "created_at",
        "updated_at",
        Filter(name="member_id", kind=UUID, where=_with_member),
    ],
    sorts=["name", "created_at", "updated_at"],
    words=["name"],
    extra_columns=TEAM.columns,
    custom=custom_conditions,
)
