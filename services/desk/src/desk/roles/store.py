"""The copies of roles and of who holds them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Table, Text, Uuid, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns, tenant_column
from chassis.events.replicas import ChildRows, Copy
from chassis.records.access.tables import people
from contracts.org.events import PersonState, RoleState
from desk.database import metadata

roles = Table(
    "roles",
    metadata,
    *replica_columns(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Index(None, "tenant_id", "code"),
)
# A row for each person, because a copy of an aggregate has one; the directory holds the rest. Links
# to approvals are mailed to the address.
role_people = Table(
    "role_people",
    metadata,
    *replica_columns(),
    Column("email", Text, info={"personal": "email"}),
)
role_holders = Table(
    "role_holders",
    metadata,
    tenant_column(),
    Column("person_id", Uuid, primary_key=True),
    Column("role_id", Uuid, primary_key=True),
    Index(None, "tenant_id", "role_id", "person_id"),
)


def _held(person_id: UUID, person: PersonState) -> Iterable[Mapping[str, Any]]:
    for role_id in person.role_ids:
        yield {"person_id": person_id, "role_id": role_id}


ROLE_COPY = Copy(RoleState, roles)
HOLDER_COPY = Copy(PersonState, role_people, children=(ChildRows(role_holders.c.person_id, _held),))


@dataclass(frozen=True, kw_only=True)
class Approver:
    """A person with the address at which they are told."""

    name: str
    email: str | None


async def find_approver(tx: AsyncConnection, subject: str) -> Approver | None:
    """Return an active person by the subject of their tokens; None if there is none."""
    p, r = people.c, role_people.c
    query = (
        select(p.name, r.email)
        .select_from(people.outerjoin(role_people, and_(r.id == p.id, ~r.deleted)))
        .where(p.subject == subject, p.active, ~p.deleted)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Approver(name=row.name, email=row.email)
