"""Nobody is let in: row-level security on every table, found by looking, with rows to see.

One row of a made-up tenant is put into every table of every service as superuser; then the app's
and the worker's roles look for it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

import asyncpg
import pytest

from chassis.database import backbone_tables
from chassis.database.migrate import drift
from testkit import databases
from testkit.databases import ServiceDatabase, admin_dsn
from tests.architecture.rules import SERVICES

TENANT = UUID("01990000-0000-7000-8000-00000000000a")
OTHER = UUID("01990000-0000-7000-8000-00000000000b")
# The backbone's own tables, which the worker sees across tenants; the API never does.
SEEN_BY_THE_WORKER = {
    "outbox",
    "outbox_pruned",
    "inbox",
    "quarantined_events",
    "parked_keys",
    "parked_events",
    "consumer_counts",
    "jobs",
    "idempotency_keys",
    "operations",
    "tenant_exports",
}

# What checks demand: some and their neighbours are together no more than a third, which is 1; a
# receivable of another kind has a shipment.
DEMANDED = {
    "cancelled_total": "0",
    "cancelled_quantity": "0",
    "cancelled_amount": "0",
    "returned": "0",
    "withdrawn": "0",
    "kind": "'PREPAYMENT'",
}


@dataclass(frozen=True)
class Looked:
    """A service's database with a row in every table."""

    database: ServiceDatabase
    tables: list[str]
    without_tenant: set[str]


@pytest.fixture(scope="module", params=SERVICES)
async def looked(request: pytest.FixtureRequest, worker_id: str) -> AsyncIterator[Looked]:
    service: str = request.param
    database = await databases.create(service, f"arch_{worker_id}")
    own: dict[str, str] = getattr(import_module(f"{service}.database"), "WITHOUT_TENANT", {})
    admin = await asyncpg.connect(admin_dsn(), database=database.name)
    await admin.execute("SET session_replication_role = replica")
    rows = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = sorted(row["tablename"] for row in rows)
    for name in names:
        if name != "alembic_version":
            await put_row(admin, name)
    await admin.close()
    yield Looked(database, names, {*backbone_tables.WITHOUT_TENANT, *own})
    await databases.drop(database)


async def put_row(admin: asyncpg.Connection, table: str) -> None:
    """One row with a made-up value in every column that must have one."""
    columns = await admin.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1"
        " AND table_schema = 'public' AND is_generated = 'NEVER' AND is_identity = 'NO'"
        " AND (is_nullable = 'NO' OR column_name = 'tenant_id')",
        table,
    )
    values = {c["column_name"]: made_up(c["column_name"], c["data_type"]) for c in columns}
    await admin.execute(
        f"INSERT INTO {table} ({', '.join(map(quoted, values))})"
        f" VALUES ({', '.join(values.values())})"
    )


def quoted(column: str) -> str:
    return f'"{column}"'


def made_up(column: str, kind: str) -> str:
    if column == "tenant_id":
        return f"'{TENANT}'"
    if column in DEMANDED:
        return DEMANDED[column]
    by_kind = {
        "uuid": "gen_random_uuid()",
        "jsonb": "'{}'",
        "bytea": "'x'",
        "boolean": "false",
        "date": "current_date",
        "timestamp with time zone": "now()",
        "xid8": "pg_current_xact_id()",
        "text": "'x'",
        "character varying": "'x'",
        "ARRAY": "'{}'",
    }
    return by_kind.get(kind, "1")


def login(url: str) -> str:
    return url.replace("+asyncpg", "")


async def count(connection: asyncpg.Connection, table: str, tenant: UUID | None) -> int:
    async with connection.transaction():
        if tenant:
            await connection.execute("SELECT set_config('app.tenant', $1, true)", str(tenant))
        counted: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
        return counted


async def test_a_query_that_forgets_the_tenant_sees_nothing(looked: Looked) -> None:
    app = await asyncpg.connect(login(looked.database.app_url))
    for table in looked.tables:
        if table in looked.without_tenant:
            continue
        seen = [await count(app, table, who) for who in (None, OTHER, TENANT)]
        assert seen == [0, 0, 1], table
    await app.close()


async def test_the_worker_sees_across_tenants_in_the_backbone_only(looked: Looked) -> None:
    worker = await asyncpg.connect(login(looked.database.worker_url))
    for table in looked.tables:
        if table in looked.without_tenant:
            continue
        everywhere = 1 if table in SEEN_BY_THE_WORKER else 0
        seen = [await count(worker, table, who) for who in (None, OTHER, TENANT)]
        assert seen == [everywhere, everywhere, 1], table
    await worker.close()


async def test_nobody_writes_for_another_tenant(looked: Looked) -> None:
    app = await asyncpg.connect(login(looked.database.app_url))
    for table in looked.tables:
        if table in looked.without_tenant:
            continue
        async with app.transaction():
            await app.execute("SELECT set_config('app.tenant', $1, true)", str(OTHER))
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with app.transaction():
                    await app.execute(f"INSERT INTO {table} (tenant_id) VALUES ('{TENANT}')")
    await app.close()


async def test_every_primary_key_begins_with_the_tenant(looked: Looked) -> None:
    owner = await asyncpg.connect(login(looked.database.owner_url))
    rows = await owner.fetch(
        "SELECT c.relname AS name, c.relrowsecurity AS secured, a.attname AS first"
        " FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
    )
    await owner.close()
    assert {row["name"] for row in rows} == set(looked.tables)
    offenders = [
        row["name"]
        for row in rows
        if row["name"] not in looked.without_tenant
        and (row["first"] != "tenant_id" or not row["secured"])
    ]
    assert offenders == []


async def test_app_and_worker_own_nothing_and_bypass_nothing(looked: Looked) -> None:
    owner = await asyncpg.connect(login(looked.database.owner_url))
    roles = [f"{looked.database.service}_{kind}" for kind in ("app", "worker")]
    owned = await owner.fetch(
        "SELECT relname FROM pg_class WHERE relowner = ANY(SELECT oid FROM pg_roles"
        " WHERE rolname = ANY($1::text[]))",
        roles,
    )
    powers = await owner.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY($1::text[])"
        " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)",
        roles,
    )
    memberships = await owner.fetch(
        "SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member"
        " WHERE r.rolname = ANY($1::text[])",
        roles,
    )
    await owner.close()
    assert (owned, powers, memberships) == ([], [], [])


async def test_code_and_schema_agree(looked: Looked) -> None:
    assert await drift(looked.database.service, looked.database.owner_url) == []
