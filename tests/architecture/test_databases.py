"""Row-level security holds on every table of every service, and the roles hold no other power.

The superuser inserts one row of an invented tenant into every table; then the tests read and write
as the app's and the worker's role. The tables come from the database, so that none is forgotten.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

import asyncpg
import pytest

from chassis.database import backbone_tables
from chassis.database.migrate import drift
from deploy.services import SERVICES
from testkit import databases
from testkit.databases import ServiceDatabase, admin_dsn

TENANT = UUID("01990000-0000-7000-8000-00000000000a")
OTHER = UUID("01990000-0000-7000-8000-00000000000b")
# Tables of the chassis that the worker reads across tenants; the API reads none across tenants.
CROSS_TENANT_FOR_WORKER = {
    "outbox",
    "outbox_pruned",
    "inbox",
    "quarantined_events",
    "event_resends",
    "event_resend_keys",
    "parked_keys",
    "parked_events",
    "consumer_counts",
    "jobs",
    "idempotency_keys",
    "access_keys",
    "operations",
    "tenant_exports",
    "event_snapshots",
    "replica_rebuilds",
    "staged_states",
}

# Values that the check constraints require: these amounts must be 0, because the total they count
# towards is 1 and another part of it is 1 already; only a prepayment has no shipment.
REQUIRED_VALUES = {
    "cancelled_total": "0",
    "cancelled_quantity": "0",
    "cancelled_amount": "0",
    "returned": "0",
    "withdrawn": "0",
    "kind": "'PREPAYMENT'",
}


@dataclass(frozen=True)
class FilledDatabase:
    """A service's database with one row of TENANT in every table."""

    database: ServiceDatabase
    tables: list[str]
    without_tenant: set[str]


@pytest.fixture(scope="module", params=SERVICES)
async def filled(request: pytest.FixtureRequest, worker_id: str) -> AsyncIterator[FilledDatabase]:
    service: str = request.param
    database = await databases.create_database(service, f"arch_{worker_id}")
    own: dict[str, str] = getattr(import_module(f"{service}.database"), "WITHOUT_TENANT", {})
    admin = await asyncpg.connect(admin_dsn(), database=database.name)
    await admin.execute("SET session_replication_role = replica")
    rows = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = sorted(row["tablename"] for row in rows)
    for name in names:
        if name != "alembic_version":
            await insert_row(admin, name)
    await admin.close()
    yield FilledDatabase(database, names, {*backbone_tables.WITHOUT_TENANT, *own})
    await databases.drop(database)


async def insert_row(admin: asyncpg.Connection, table: str) -> None:
    """Insert one row with an invented value in every column that must not be null."""
    columns = await admin.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1"
        " AND table_schema = 'public' AND is_generated = 'NEVER' AND is_identity = 'NO'"
        " AND (is_nullable = 'NO' OR column_name = 'tenant_id')",
        table,
    )
    values = {c["column_name"]: invented_value(c["column_name"], c["data_type"]) for c in columns}
    await admin.execute(
        f"INSERT INTO {table} ({', '.join(map(quoted, values))})"
        f" VALUES ({', '.join(values.values())})"
    )


def quoted(column: str) -> str:
    return f'"{column}"'


def invented_value(column: str, kind: str) -> str:
    if column == "tenant_id":
        return f"'{TENANT}'"
    if column in REQUIRED_VALUES:
        return REQUIRED_VALUES[column]
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


def driver_url(url: str) -> str:
    return url.replace("+asyncpg", "")


async def count(connection: asyncpg.Connection, table: str, tenant: UUID | None) -> int:
    """Count the rows that the connection sees when it acts as this tenant, or as none."""
    async with connection.transaction():
        if tenant:
            await connection.execute("SELECT set_config('app.tenant', $1, true)", str(tenant))
        counted: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
        return counted


async def test_a_query_that_forgets_the_tenant_sees_nothing(filled: FilledDatabase) -> None:
    app = await asyncpg.connect(driver_url(filled.database.app_url))
    for table in filled.tables:
        if table in filled.without_tenant:
            continue
        seen = [await count(app, table, who) for who in (None, OTHER, TENANT)]
        assert seen == [0, 0, 1], table
    await app.close()


async def test_the_worker_reads_across_tenants_only_in_tables_of_the_chassis(
    filled: FilledDatabase,
) -> None:
    worker = await asyncpg.connect(driver_url(filled.database.worker_url))
    for table in filled.tables:
        if table in filled.without_tenant:
            continue
        everywhere = 1 if table in CROSS_TENANT_FOR_WORKER else 0
        seen = [await count(worker, table, who) for who in (None, OTHER, TENANT)]
        assert seen == [everywhere, everywhere, 1], table
    await worker.close()


async def test_the_app_cannot_write_a_row_of_another_tenant(filled: FilledDatabase) -> None:
    app = await asyncpg.connect(driver_url(filled.database.app_url))
    for table in filled.tables:
        if table in filled.without_tenant:
            continue
        async with app.transaction():
            await app.execute("SELECT set_config('app.tenant', $1, true)", str(OTHER))
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with app.transaction():
                    await app.execute(f"INSERT INTO {table} (tenant_id) VALUES ('{TENANT}')")
    await app.close()


async def test_every_primary_key_begins_with_the_tenant(filled: FilledDatabase) -> None:
    owner = await asyncpg.connect(driver_url(filled.database.owner_url))
    rows = await owner.fetch(
        "SELECT c.relname AS name, c.relrowsecurity AS secured, a.attname AS first"
        " FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
    )
    await owner.close()
    assert {row["name"] for row in rows} == set(filled.tables)
    offenders = [
        row["name"]
        for row in rows
        if row["name"] not in filled.without_tenant
        and (row["first"] != "tenant_id" or not row["secured"])
    ]
    assert offenders == []


async def test_app_and_worker_own_no_table_and_bypass_no_policy(filled: FilledDatabase) -> None:
    owner = await asyncpg.connect(driver_url(filled.database.owner_url))
    roles = [f"{filled.database.service}_{kind}" for kind in ("app", "worker")]
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


async def test_only_the_three_roles_may_connect(filled: FilledDatabase) -> None:
    owner = await asyncpg.connect(driver_url(filled.database.owner_url))
    rows = await owner.fetch(
        "SELECT coalesce(rolname, 'PUBLIC') AS name FROM pg_database,"
        " aclexplode(datacl) AS entry LEFT JOIN pg_roles ON pg_roles.oid = entry.grantee"
        " WHERE datname = current_database() AND privilege_type = 'CONNECT'"
    )
    await owner.close()
    kinds = ("app", "owner", "worker")
    assert sorted(row["name"] for row in rows) == [f"{filled.database.service}_{k}" for k in kinds]


async def test_functions_that_no_policy_binds_are_listed(filled: FilledDatabase) -> None:
    """They run as the owner of the tables; the API may call only those listed with a reason."""
    owner = await asyncpg.connect(driver_url(filled.database.owner_url))
    callable_by = {}
    for kind in ("app", "worker"):
        rows = await owner.fetch(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
            " AND has_function_privilege($1, oid, 'EXECUTE')",
            f"{filled.database.service}_{kind}",
        )
        callable_by[kind] = {row["proname"] for row in rows}
    await owner.close()
    assert callable_by["app"] == set(backbone_tables.BEFORE_TENANT)
    assert callable_by["worker"] == {"rewrite_row", "delete_tenant_rows"}


async def test_the_migrated_schema_matches_the_metadata(filled: FilledDatabase) -> None:
    assert await drift(filled.database.service, filled.database.owner_url) == []
