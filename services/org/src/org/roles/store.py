"""The tables of roles and their holders."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Select,
    Table,
    Uuid,
    delete,
    exists,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.columns import tenant_column
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_types import RecordType
from contracts.org.events import RoleChanged, RoleCreated, RoleDeleted, RoleRestored
from org.database import metadata
from org.principals.store import lock_rights
from org.roles.domain.role import Role
from org.roles.schemas import RoleOut

roles = Table(
    "roles",
    metadata,
    *record_columns(Role),
    Index(None, "tenant_id", "code", unique=True),
)

ROLE = RecordType(
    scoped=UnownedResource("org.role", roles),
    entity=Role,
    created=RoleCreated,
    changed=RoleChanged,
    deleted=RoleDeleted,
    restored=RoleRestored,
    lock_first=lock_rights,
)
LISTING = Listing(
    ROLE.scoped,
    RoleOut,
    entity=Role,
    filters=[CodeFilter("code", upper_case), "name", "built_in", "created_at", "updated_at"],
    sorts=["code", "name", "created_at", "updated_at"],
    words=["name", "code"],
    custom=custom_conditions,
)

# The roles of people; they are read as part of the person.
role_holders = Table(
    "role_holders",
    metadata,
    tenant_column(),
    Column("person_id", Uuid, primary_key=True),
    Column("role_id", Uuid, primary_key=True),
    Index(None, "tenant_id", "role_id", "person_id"),
)


async def lock_codes(tx: AsyncConnection) -> None:
    """Serialize the creation of roles in the tenant, because codes are unique."""
    await lock_key(tx, "org.role_codes")


async def map_by_code(tx: AsyncConnection) -> dict[str, Role]:
    """Return all roles of the tenant by code; deleted ones keep theirs."""
    query: Select[Any] = select(roles)
    rows = await tx.execute(query)
    return {row.code: from_columns(Role, row._mapping) for row in rows}


async def is_assigned(tx: AsyncConnection, role_id: UUID) -> bool:
    """Return whether anybody has the role."""
    has_holder = exists().where(role_holders.c.role_id == role_id)
    return bool((await tx.execute(select(has_holder))).scalar_one())


async def scopes_by_role(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Lock these roles for share; return their scopes by id, without deleted roles."""
    query: Select[Any] = (
        select(roles.c.id, roles.c.scopes)
        .where(roles.c.id.in_(set(ids)), roles.c.deleted_at.is_(None))
        .order_by(roles.c.id)
        .with_for_update(read=True)
    )
    return {row.id: row.scopes for row in await tx.execute(query)}


async def role_scopes_of_person(tx: AsyncConnection, person_id: UUID) -> frozenset[str]:
    """Return all scopes that a person has by roles."""
    role_ids = select(role_holders.c.role_id).where(role_holders.c.person_id == person_id)
    rows = await tx.execute(select(roles.c.scopes).where(roles.c.id.in_(role_ids)))
    return frozenset(scope for (scopes,) in rows for scope in scopes)


async def replace_roles(tx: AsyncConnection, person_id: UUID, role_ids: Collection[UUID]) -> None:
    """Replace the roles of a person, whose row the caller has locked."""
    of_person, role_id = role_holders.c.person_id == person_id, role_holders.c.role_id
    await tx.execute(delete(role_holders).where(of_person, role_id.not_in(role_ids)))
    existing = set((await tx.execute(select(role_id).where(of_person))).scalars())
    rows = [{"person_id": person_id, "role_id": id_} for id_ in role_ids if id_ not in existing]
    if rows:
        await tx.execute(insert(role_holders), rows)
