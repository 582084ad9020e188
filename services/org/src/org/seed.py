"""Creates a tenant with its departments, people and clients: `python -m org.seed tenant.json`.

The file fixes the ids. Records that exist already stay as they are, so a second run does nothing.
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
from org.people.actions.edit import create_person
from org.people.schemas import PersonIn
from org.roles import store as roles
from org.roles.actions import sync_built_in_roles
from org.tenants import store as tenants
from org.tenants.actions import create_tenant
from org.tenants.schemas import TenantIn

log = structlog.get_logger()


class SeedTenant(TenantIn):
    """The tenant of the file."""

    id: UUID


class SeedDepartment(DepartmentIn):
    """A department of the file."""

    id: UUID


class SeedPerson(PersonIn):
    """A person of the file; `roles` are role codes, `role` only tells readers who it is."""

    id: UUID
    role: str = ""
    roles: tuple[str, ...] = ()


class SeedClient(ClientIn):
    """A service client of the file, with its secret."""

    id: UUID
    secret: SecretStr = Field(min_length=20)


class Seed(BaseModel):
    """The file: one tenant with its records. Parents and managers come before those below them."""

    model_config = ConfigDict(extra="forbid")
    tenant: SeedTenant
    departments: list[SeedDepartment] = []
    people: list[SeedPerson] = []
    clients: list[SeedClient] = []


async def seed_tenant(database: Database, seed: Seed, *, now: datetime) -> int:
    """Add the missing records in one transaction of the tenant; return how many were added.

    Raises ValueError for an unknown role code, Invalid for a record that breaks a rule.
    """
    async with database.begin(seed.tenant.id) as tx:
        added = 0
        if await _is_missing(tenants.get(tx, seed.tenant.id)):
            await _add_tenant(tx, seed.tenant, now=now)
            added += 1
        added += await sync_built_in_roles(tx, now=now)
        new = [item for item in seed.departments if await _is_missing(departments.get(tx, item.id))]
        for department in new:
            await _add_department(tx, department, now=now)
        added += await _add_people(tx, seed.people, now=now)
        for department in new:
            await _set_department_head(tx, department, now=now)
        added += await _add_clients(tx, seed.clients, now=now)
    return added + len(new)


async def _add_people(tx: AsyncConnection, seeds: list[SeedPerson], *, now: datetime) -> int:
    new = [person for person in seeds if await _is_missing(people.get(tx, person.id))]
    ids = {code: role.id for code, role in (await roles.map_by_code(tx)).items()}
    for person in new:
        unknown = sorted(set(person.roles) - set(ids))
        if unknown:
            raise ValueError(f"{person.name}: no such roles: {', '.join(unknown)}")
        await _add_person(tx, person, tuple(sorted(ids[code] for code in person.roles)), now=now)
    return len(new)


async def _add_clients(tx: AsyncConnection, seeds: list[SeedClient], *, now: datetime) -> int:
    new = [client for client in seeds if await _is_missing(clients.get(tx, client.id))]
    for client in new:
        await _add_client(tx, client, now=now)
    return len(new)


async def _is_missing(lookup: Awaitable[object]) -> bool:
    try:
        await lookup
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


async def _set_department_head(
    tx: AsyncConnection, department: SeedDepartment, *, now: datetime
) -> None:
    """Set the head; heads are people, who are created after the departments."""
    head = department.manager_id
    await change_department(tx, department.id, lambda item: replace(item, manager_id=head), now=now)


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
        has_scope=lambda _: True,
        now=now,
    )


async def _add_client(tx: AsyncConnection, client: SeedClient, *, now: datetime) -> None:
    await create_client(
        tx,
        client_key=client.id,
        client_id=client.client_id,
        secret=client.secret.get_secret_value(),
        name=client.name,
        scopes=tuple(client.scopes),
        has_scope=lambda _: True,
        now=now,
    )


async def _run(url: str, seed: Seed) -> int:
    if not url:
        raise ValueError("ORG_DATABASE_URL is not set.")
    database = Database(url, name="org-seed", pool_size=1)
    try:
        with use_context(Context(actor="org.seed", tenant=str(seed.tenant.id))):
            return await seed_tenant(database, seed, now=clock.now())
    finally:
        await database.dispose()


def read_seed(path: Path) -> Seed:
    """Read a seed file.

    Raises OSError, or ValueError that lists every error of the file without quoting its values.
    """
    try:
        return Seed.model_validate_json(path.read_bytes())
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        messages = (f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in errors)
        raise ValueError("; ".join(messages)) from None


def main(arguments: list[str]) -> int:
    """Run the command line; return the exit code, 2 when the settings or the file are unusable."""
    parser = argparse.ArgumentParser(prog="python -m org.seed", description=__doc__)
    parser.add_argument("file", type=Path, help="such as deploy/demo/tenant.json")
    path: Path = parser.parse_args(arguments).file
    settings = Settings.of("org")
    logs.configure(settings.log_level, service="org")
    try:
        seed = read_seed(path)
        added = asyncio.run(_run(settings.database_url, seed))
    except Invalid as error:
        return _report_failure([f"{v.code} {v.params}" for v in error.violations])
    except (OSError, ValueError) as error:
        return _report_failure([str(error)])
    log.info("seeded", tenant=str(seed.tenant.id), added=added)
    return 0


def _report_failure(why: list[str]) -> int:
    log.error("seed_refused", why=why)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
