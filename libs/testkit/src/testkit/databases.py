"""A migrated database per service and per test process, cloned from a template.

The servers come from `make test`: `L2C_TEST_POSTGRES` is a superuser's DSN there.
"""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg

from chassis.database.access import ROLE_KINDS, access_sql
from chassis.database.advisory_locks import LOCK_TEST_DATABASES
from chassis.database.migrate import upgrade

SERVER = "L2C_TEST_POSTGRES"
RUN = "L2C_TEST_RUN"  # what the databases of one test run share in their names


@dataclass(frozen=True)
class ServiceDatabase:
    """A service's test database and the URLs of its three roles."""

    service: str
    name: str
    owner_url: str
    app_url: str
    worker_url: str

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables from which the service's settings read the database."""
        prefix = self.service.upper()
        return {
            f"{prefix}_DATABASE_URL": self.app_url,
            f"{prefix}_WORKER_DATABASE_URL": self.worker_url,
        }


def admin_dsn() -> str:
    """Return the superuser's DSN. Raises RuntimeError when the tests run without `make test`."""
    dsn = os.environ.get(SERVER)
    if not dsn:
        raise RuntimeError("L2C_TEST_POSTGRES is not set: run the tests with `make test`.")
    return dsn


def _url(role: str, database: str) -> str:
    parts = urlsplit(admin_dsn())
    password = os.environ["L2C_TEST_ROLE_PASSWORD"]
    return f"postgresql+asyncpg://{role}:{password}@{parts.hostname}:{parts.port}/{database}"


def described(service: str, name: str) -> ServiceDatabase:
    """Return the database of this name with the URLs of a service's roles."""
    return ServiceDatabase(
        service=service,
        name=name,
        owner_url=_url(f"{service}_owner", name),
        app_url=_url(f"{service}_app", name),
        worker_url=_url(f"{service}_worker", name),
    )


async def _create_roles(admin: asyncpg.Connection, service: str) -> None:
    password = os.environ["L2C_TEST_ROLE_PASSWORD"]
    for role in (f"{service}_{kind}" for kind in ROLE_KINDS):
        if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")


async def _create_empty(admin: asyncpg.Connection, service: str, name: str) -> None:
    await _create_roles(admin, service)
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name} OWNER {service}_owner TEMPLATE template0")
    inside = await asyncpg.connect(admin_dsn(), database=name)
    try:
        await inside.execute(";".join(access_sql(service, database=name)))
    finally:
        await inside.close()


async def create_database(service: str, suffix: str) -> ServiceDatabase:
    """Create a migrated database; the first process of a run migrates the template for all."""
    run = os.environ[RUN]
    template, name = f"{service}_template_{run}", f"{service}_{suffix}_{run}"
    admin = await asyncpg.connect(admin_dsn())
    try:
        await admin.execute(LOCK_TEST_DATABASES)
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", template):
            await _create_empty(admin, service, template)
            await upgrade(service, _url(f"{service}_owner", template))
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name} OWNER {service}_owner TEMPLATE {template}")
        for statement in access_sql(service, database=name):
            if " DATABASE " in statement:  # the template brings the rights on the schema
                await admin.execute(statement)
    finally:
        await admin.close()
    return described(service, name)


async def drop(database: ServiceDatabase) -> None:
    admin = await asyncpg.connect(admin_dsn())
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")
    finally:
        await admin.close()


async def drop_templates() -> None:
    """Remove this run's templates; called once, by the process that leads the run."""
    run = os.environ[RUN]
    admin = await asyncpg.connect(admin_dsn())
    try:
        names = await admin.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE $1", f"%_template_{run}"
        )
        for row in names:
            await admin.execute(f"DROP DATABASE IF EXISTS {row['datname']} WITH (FORCE)")
    finally:
        await admin.close()


_EMPTY_TABLES = """
DO $$
DECLARE
  name text;
BEGIN
  FOR name IN
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
END $$
"""


async def empty_tables(urls: ServiceDatabase) -> None:
    """Delete every row, as the owner, in one round trip; faster than TRUNCATE on small tables."""
    owner = await asyncpg.connect(urls.owner_url.replace("+asyncpg", ""))
    try:
        await owner.execute(_EMPTY_TABLES)
    finally:
        await owner.close()
