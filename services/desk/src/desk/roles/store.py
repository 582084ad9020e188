"""The copies of roles and of who holds them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Table, Text, Uuid

from chassis.database.columns import replica_columns, tenant_column
from chassis.events.replicas import ChildRows, Copy
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
# A row for each person, because a copy of an aggregate has one; the directory holds the rest.
role_people = Table("role_people", metadata, *replica_columns())
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
