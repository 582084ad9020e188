"""Roles and who has them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    delete,
    exists,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import instant
from chassis.database.columns import CURRENT_TENANT, tenant_column
from chassis.database.rows import fetch_row, from_columns
from chassis.records.lists.listing import Listing
from chassis.records.search.words import forget_words
from chassis.records.writes import insert_row, update_row
from org.database import metadata
from org.roles.domain import Role
from org.roles.schemas import RoleOut

roles = Table(
    "roles",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text, as_tuple=True), nullable=False),
    Column("built_in", Boolean, nullable=False),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "code", unique=True),
)

ROLE = "org.role"
LISTING = Listing(
    roles,
    RoleOut,
    resource=ROLE,
    entity=Role,
    filters=["code", "name", "built_in", "created_at", "updated_at"],
    sorts=["code", "name", "created_at", "updated_at"],
    words=["name", "code"],
)

# Who has which role; a person's row says so too when it is read.
role_holders = Table(
    "role_holders",
    metadata,
    tenant_column(),
    Column("person_id", Uuid, primary_key=True),
    Column("role_id", Uuid, primary_key=True),
    Index(None, "tenant_id", "role_id", "person_id"),
)

_CODES_LOCK = text(
    f"SELECT pg_advisory_xact_lock(hashtextextended('roles:' || {CURRENT_TENANT}, 7))"
)


async def lock_codes(tx: AsyncConnection) -> None:
    """Let the tenant's new roles come one after the other: a code is one role's."""
    await tx.execute(_CODES_LOCK)


async def get(tx: AsyncConnection, role_id: UUID, *, lock: bool = False) -> Role:
    """Raises NotFound."""
    return await fetch_row(tx, roles, role_id, Role, lock=lock)


async def add(tx: AsyncConnection, role: Role) -> None:
    await insert_row(tx, roles, role)


async def save(tx: AsyncConnection, role: Role) -> Role:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, roles, role)


async def remove(tx: AsyncConnection, role_id: UUID) -> None:
    await tx.execute(delete(roles).where(roles.c.id == role_id))
    await forget_words(tx, ROLE, [role_id])


async def by_code(tx: AsyncConnection) -> dict[str, Role]:
    """All roles of the tenant under their codes."""
    query: Select[Any] = select(roles)
    rows = await tx.execute(query)
    return {row.code: from_columns(Role, row._mapping) for row in rows}


async def is_held(tx: AsyncConnection, role_id: UUID) -> bool:
    """Whether anybody has it."""
    held = exists().where(role_holders.c.role_id == role_id)
    return bool((await tx.execute(select(held))).scalar_one())


async def scopes_by_role(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """What each of these roles may do; none changes or goes away meanwhile."""
    query: Select[Any] = (
        select(roles.c.id, roles.c.scopes)
        .where(roles.c.id.in_(set(ids)))
        .order_by(roles.c.id)
        .with_for_update(read=True)
    )
    return {row.id: row.scopes for row in await tx.execute(query)}


async def scopes_held(tx: AsyncConnection, person_id: UUID) -> frozenset[str]:
    """The union of what the roles of a person may do."""
    held = select(role_holders.c.role_id).where(role_holders.c.person_id == person_id)
    found = await tx.execute(select(roles.c.scopes).where(roles.c.id.in_(held)))
    return frozenset(scope for (scopes,) in found for scope in scopes)


async def set_held(tx: AsyncConnection, person_id: UUID, role_ids: Collection[UUID]) -> None:
    """Give the person these roles and no other; the person's row is locked."""
    mine, role_id = role_holders.c.person_id == person_id, role_holders.c.role_id
    await tx.execute(delete(role_holders).where(mine, role_id.not_in(role_ids)))
    there = set((await tx.execute(select(role_id).where(mine))).scalars())
    rows = [{"person_id": person_id, "role_id": key} for key in role_ids if key not in there]
    if rows:
        await tx.execute(insert(role_holders), rows)
