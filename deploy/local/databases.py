"""A database per service with its three roles. Migrations grant them access to tables."""

import asyncio
from collections.abc import Mapping, Sequence

from chassis.database import connection_budget
from chassis.database.access import access_sql, server_sql
from chassis.database.connection_budget import TooManyConnections
from deploy.local.errors import CannotGoOn
from deploy.local.ports import HOST
from deploy.local.postgres import Cluster, connect
from deploy.local.processes import Program
from deploy.services import SERVICES

# variable of a service -> role it connects as
URLS = {"DATABASE_URL": "app", "WORKER_DATABASE_URL": "worker", "OWNER_DATABASE_URL": "owner"}


def variables() -> list[str]:
    return [f"{service.upper()}_{name}" for service in SERVICES for name in URLS]


def are_external(env: Mapping[str, str]) -> bool:
    """Return whether the environment names the databases to use.

    Raises CannotGoOn if it names only some of them.
    """
    missing = [name for name in variables() if not env.get(name)]
    if missing and len(missing) < len(variables()):
        raise CannotGoOn(
            f"Some *_DATABASE_URL are set, but not {', '.join(missing)}: set all of them, or none."
        )
    return not missing


def urls(port: int, password: str) -> dict[str, str]:
    return {
        f"{service.upper()}_{name}": (
            f"postgresql+asyncpg://{service}_{role}:{password}@{HOST}:{port}/{service}"
        )
        for service in SERVICES
        for name, role in URLS.items()
    }


def role_sql(role: str, password: str, *, exists: bool) -> str:
    verb = "ALTER" if exists else "CREATE"
    return (
        f"{verb} ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION "
        f"PASSWORD '{password}'"
    )


def ensure_connections(programs: Sequence[Program], env: Mapping[str, str]) -> None:
    """Raise CannotGoOn if the pools of all programs are more than their servers allow."""
    urls = [
        value
        for program in programs
        for name, value in program.env.items()
        if name.endswith("_DATABASE_URL")
    ]
    per_pool = int(env["L2C_POOL_SIZE"]) + int(env["L2C_POOL_OVERFLOW"])
    try:
        asyncio.run(connection_budget.ensure_connections(urls, per_pool=per_pool))
    except TooManyConnections as reason:
        raise CannotGoOn(str(reason)) from None


def create(cluster: Cluster, password: str) -> None:
    """Create the missing roles and databases; all roles get this password."""
    asyncio.run(_create(cluster, password))


async def _create(cluster: Cluster, password: str) -> None:
    server = await connect(cluster)
    roles = {row["rolname"] for row in await server.fetch("SELECT rolname FROM pg_roles")}
    databases = {row["datname"] for row in await server.fetch("SELECT datname FROM pg_database")}
    for statement in server_sql():
        await server.execute(statement)
    for service in SERVICES:
        for kind in URLS.values():
            role = f"{service}_{kind}"
            await server.execute(role_sql(role, password, exists=role in roles))
        if service not in databases:
            await server.execute(f"CREATE DATABASE {service} OWNER {service}_owner")
        inside = await connect(cluster, service)
        for statement in access_sql(service):
            await inside.execute(statement)
        await inside.close()
    await server.close()
