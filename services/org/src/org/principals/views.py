"""Reads what people and service clients hold now from the tables of people, roles and clients."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Text, any_, cast, exists, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.tenancy.tenant_admission import Standing
from chassis.web.auth import Principal
from contracts.resources import RoleCode
from org.clients.store import clients
from org.people.store import people
from org.principals.domain import ALL_SCOPES
from org.principals.store import valid_from_of
from org.roles.store import role_holders, role_scopes_of_person, roles


async def find_standing(tx: AsyncConnection, caller: Principal) -> Standing:
    """Return the standing of a caller by org's own tables; unknown callers are active."""
    person = select(people.c.active).where(people.c.subject == caller.subject)
    client = select(clients.c.active).where(cast(clients.c.id, Text) == caller.subject)
    active = func.coalesce(person.scalar_subquery(), client.scalar_subquery(), true())
    valid_from = valid_from_of(caller.subject).scalar_subquery()
    return Standing(*(await tx.execute(select(active, valid_from))).one())


async def scopes_held(tx: AsyncConnection, subject: str) -> frozenset[str]:
    """Return the scopes that an active person or client holds now; none for an unknown subject."""
    is_person = (people.c.subject == subject) & people.c.active
    row = (await tx.execute(select(people.c.id, people.c.scopes).where(is_person))).one_or_none()
    if row is not None:
        return frozenset(row.scopes) | await role_scopes_of_person(tx, row.id)
    is_client = (cast(clients.c.id, Text) == subject) & clients.c.active
    return frozenset(
        (await tx.execute(select(clients.c.scopes).where(is_client))).scalar_one_or_none() or ()
    )


async def built_in_roles_of(tx: AsyncConnection, subject: str) -> frozenset[RoleCode]:
    """Return the built-in roles that an active person holds now."""
    is_person = (people.c.subject == subject) & people.c.active
    query = (
        select(roles.c.code)
        .join(role_holders, role_holders.c.role_id == roles.c.id)
        .join(people, people.c.id == role_holders.c.person_id)
        .where(is_person, roles.c.built_in)
    )
    codes = (await tx.execute(query)).scalars()
    return frozenset(RoleCode(code) for code in codes if code in RoleCode.__members__)


async def administrator_exists(tx: AsyncConnection) -> bool:
    """Return whether an active person holds every scope, by a role or directly."""
    by_role = (
        select(role_holders.c.person_id)
        .join(roles, roles.c.id == role_holders.c.role_id)
        .where(literal(ALL_SCOPES, Text) == any_(roles.c.scopes))
    )
    directly = literal(ALL_SCOPES, Text) == any_(people.c.scopes)
    is_administrator = people.c.active & or_(directly, people.c.id.in_(by_role))
    return bool((await tx.execute(select(exists().where(is_administrator)))).scalar_one())


async def subjects_of_holders(tx: AsyncConnection, role_ids: Collection[UUID]) -> list[str]:
    """Return the subjects of the active people who hold one of these roles."""
    holders = select(role_holders.c.person_id).where(role_holders.c.role_id.in_(role_ids))
    query = select(people.c.subject).where(people.c.id.in_(holders), people.c.active)
    return list((await tx.execute(query.order_by(people.c.subject))).scalars())
