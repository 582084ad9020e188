"""`python -m org.seed tenant.json`: a tenant with departments, people and clients, from a file.

What is there already (ids are fixed in the file) stays as it is, so that a second run does nothing.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.foundation import clock, logs
from chassis.foundation.context import Context, use_context
from chassis.foundation.settings import Settings
from kernel.errors import Invalid, NotFound
from org.clients import store as clients
from org.clients.actions import create_client
from org.clients.schemas import ClientIn
from org.departments import store as departments
from org.departments.actions import change_department, create_department
from org.departments.schemas import DepartmentIn
from org.people import store as people
from org.people.actions import create_person
from org.people.schemas import PersonIn
from org.roles import store as roles
from org.roles.actions import plant_roles
from org.tenants import store as tenants
from org.tenants.actions import create_tenant
from org.tenants.schemas import TenantIn

log = structlog.get_logger()


class SeedTenant(TenantIn):
    id: UUID


class SeedDepartment(DepartmentIn):
    id: UUID


class SeedPerson(PersonIn):
    """`roles` are codes; `role` is for whoever reads the file: the demo says who is who by it."""

    id: UUID
    role: str = ""
    roles: tuple[str, ...] = ()


class SeedClient(ClientIn):
    id: UUID
    secret: SecretStr = Field(min_length=20)


class Seed(BaseModel):
    """The file: one tenant and who is in it. Parents, and managers, stand before their own."""

    model_config = ConfigDict(extra="forbid")
    tenant: SeedTenant
    departments: list[SeedDepartment] = []
    people: list[SeedPerson] = []
    clients: list[SeedClient] = []


async def plant(database: Database, seed: Seed, *, now: datetime) -> int:
    """Add what is missing, in one transaction of the tenant; answers how much that was."""
    async with database.begin(seed.tenant.id) as tx:
        added = 0
        if await _missing(tenants.get(tx, seed.tenant.id)):
            await _add_tenant(tx, seed.tenant, now=now)
            added += 1
        added += await plant_roles(tx, now=now)
        new = [one for one in seed.departments if await _missing(departments.get(tx, one.id))]
        for department in new:
            await _add_department(tx, department, now=now)
        added += await _add_people(tx, seed.people, now=now)
        for department in new:
            await _set_head(tx, department, now=now)
        added += await _add_clients(tx, seed.clients, now=now)
    return added + len(new)


async def _add_people(tx: AsyncConnection, seeds: list[SeedPerson], *, now: datetime) -> int:
    new = [person for person in seeds if await _missing(people.get(tx, person.id))]
    ids = {code: role.id for code, role in (await roles.by_code(tx)).items()}
    for person in new:
        unknown = sorted(set(person.roles) - set(ids))
        if unknown:
            raise ValueError(f"{person.name}: no such roles: {', '.join(unknown)}")
        await _add_person(tx, person, tuple(sorted(ids[code] for code in person.roles)), now=now)
    return len(new)


async def _add_clients(tx: AsyncConnection, seeds: list[SeedClient], *, now: datetime) -> int:
    new = [client for client in seeds if await _missing(clients.get(tx, client.id))]
    for client in new:
        await _add_client(tx, client, now=now)
    return len(new)


async def _missing(found: Awaitable[object]) -> bool:
    try:
        await found
    except NotFound:
        return True
    return False


async def _add_tenant(tx: AsyncConnection, tenant: SeedTenant, *, now: datetime) -> None:
    await create_tenant(
        tx,
        tenant.id,
        name=tenant.name,
        timezone=tenant.timezone,
        currency=tenant.currency,
        languages=tuple(tenant.languages),
        default_tax_rate=tenant.default_tax_rate,
        country=tenant.country,
        now=now,
    )


async def _add_department(
    tx: AsyncConnection, department: SeedDepartment, *, now: datetime
) -> None:
    await create_department(
        tx,
        department_id=department.id,
        name=department.name,
        code=department.code,
        parent_id=department.parent_id,
        custom_fields=department.custom_fields,
        now=now,
    )


async def _set_head(tx: AsyncConnection, department: SeedDepartment, *, now: datetime) -> None:
    """Once its people are there."""
    head = department.manager_id
    await change_department(tx, department.id, lambda one: replace(one, manager_id=head), now=now)


async def _add_person(
    tx: AsyncConnection, person: SeedPerson, role_ids: tuple[UUID, ...], *, now: datetime
) -> None:
    await create_person(
        tx,
        person_id=person.id,
        name=person.name,
        email=person.email,
        phone=person.phone,
        subject=person.subject,
        manager_id=person.manager_id,
        posts=person.posts,
        role_ids=role_ids,
        username=person.username,
        password=person.secret,
        scopes=tuple(person.scopes),
        custom_fields=person.custom_fields,
        may=lambda _: True,
        now=now,
    )


async def _add_client(tx: AsyncConnection, client: SeedClient, *, now: datetime) -> None:
    await create_client(
        tx,
        key=client.id,
        client_id=client.client_id,
        secret=client.secret.get_secret_value(),
        name=client.name,
        scopes=tuple(client.scopes),
        may=lambda _: True,
        now=now,
    )


async def _run(url: str, seed: Seed) -> int:
    if not url:
        raise ValueError("ORG_DATABASE_URL is not set.")
    database = Database(url, name="org-seed", pool_size=1)
    try:
        with use_context(Context(actor="org.seed", tenant=str(seed.tenant.id))):
            return await plant(database, seed, now=clock.now())
    finally:
        await database.dispose()


def read(path: Path) -> Seed:
    """Raises OSError, or ValueError with every flaw of the file and no value out of it."""
    try:
        return Seed.model_validate_json(path.read_bytes())
    except ValidationError as error:
        flaws = error.errors(include_url=False, include_context=False, include_input=False)
        said = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in flaws)
        raise ValueError("; ".join(said)) from None


def main(arguments: list[str]) -> int:
    """The exit code: 2 when the settings or the file cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m org.seed", description=__doc__)
    parser.add_argument("file", type=Path, help="such as deploy/demo/tenant.json")
    path: Path = parser.parse_args(arguments).file
    settings = Settings.of("org")
    logs.configure(settings.log_level, service="org")
    try:
        seed = read(path)
        added = asyncio.run(_run(settings.database_url, seed))
    except Invalid as refused:
        return _refuse([f"{v.code} {v.params}" for v in refused.violations])
    except (OSError, ValueError) as unusable:
        return _refuse([str(unusable)])
    log.info("seeded", tenant=str(seed.tenant.id), added=added)
    return 0


def _refuse(why: list[str]) -> int:
    log.error("seed_refused", why=why)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
