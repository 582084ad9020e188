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

from chassis.database.engine import Database
from chassis.foundation import clock, logs
from chassis.foundation.context import Context, use_context
from chassis.foundation.settings import Settings
from chassis.web.commands import Command
from kernel.errors import Invalid, NotFound
from org.clients.actions import create_client
from org.clients.domain import new_client
from org.clients.schemas import ClientIn
from org.clients.store import CLIENT
from org.departments.actions import create_department, edit_department
from org.departments.domain import Department
from org.departments.schemas import DepartmentIn
from org.departments.store import DEPARTMENT
from org.people.actions.edit import create_person
from org.people.domain import new_person
from org.people.schemas import PersonIn
from org.people.store import PERSON
from org.roles import store as roles
from org.roles.actions import sync_built_in_roles
from org.tenants.actions import create_tenant
from org.tenants.domain import Tenant
from org.tenants.schemas import TenantIn
from org.tenants.store import TENANT

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
        command, added = Command(tx, now), 0
        if await _is_missing(TENANT.get(tx, seed.tenant.id)):
            await _add_tenant(command, seed.tenant)
            added += 1
        added += await sync_built_in_roles(command, seed.tenant.languages)
        new = [
            item
            for item in seed.departments
            if await _is_missing(DEPARTMENT.get(tx, item.id, with_deleted=True))
        ]
        for department in new:
            await _add_department(command, department)
        added += await _add_people(command, seed.people)
        for department in new:
            await _set_department_head(command, department)
        added += await _add_clients(command, seed.clients)
    return added + len(new)


async def _add_people(command: Command, seeds: list[SeedPerson]) -> int:
    new = [person for person in seeds if await _is_missing(PERSON.get(command.tx, person.id))]
    ids = {code: role.id for code, role in (await roles.map_by_code(command.tx)).items()}
    for person in new:
        unknown = sorted(set(person.roles) - set(ids))
        if unknown:
            raise ValueError(f"{person.name}: no such roles: {', '.join(unknown)}")
        await _add_person(command, person, tuple(sorted(ids[code] for code in person.roles)))
    return len(new)


async def _add_clients(command: Command, seeds: list[SeedClient]) -> int:
    new = [client for client in seeds if await _is_missing(CLIENT.get(command.tx, client.id))]
    for client in new:
        await _add_client(command, client)
    return len(new)


async def _is_missing(lookup: Awaitable[object]) -> bool:
    try:
        await lookup
    except NotFound:
        return True
    return False


async def _add_tenant(command: Command, seed: SeedTenant) -> None:
    tenant = Tenant(
        id=seed.id,
        name=seed.name,
        timezone=seed.timezone,
        currency=seed.currency,
        languages=tuple(seed.languages),
        default_tax_rate=seed.default_tax_rate,
        country=seed.country,
        created_at=command.now,
        updated_at=command.now,
    )
    await create_tenant(command, tenant)


async def _add_department(command: Command, seed: SeedDepartment) -> None:
    department = Department(
        id=seed.id,
        name=seed.name,
        code=seed.code,
        parent_id=seed.parent_id,
        custom_fields=seed.custom_fields,
        created_at=command.now,
        updated_at=command.now,
    )
    await create_department(command, department)


async def _set_department_head(command: Command, seed: SeedDepartment) -> None:
    """Set the head; heads are people, who are created after the departments."""
    head = seed.manager_id
    await edit_department(command, seed.id, lambda item: replace(item, manager_id=head))


async def _add_person(command: Command, seed: SeedPerson, role_ids: tuple[UUID, ...]) -> None:
    person = new_person(seed.id, now=command.now, **{**seed.fields, "role_ids": role_ids})
    await create_person(command, person, seed.secret)


async def _add_client(command: Command, seed: SeedClient) -> None:
    client = new_client(
        seed.id, client_id=seed.client_id, name=seed.name, scopes=seed.scopes, now=command.now
    )
    await create_client(command, client, seed.secret.get_secret_value())


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
