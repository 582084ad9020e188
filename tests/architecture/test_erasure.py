"""Nothing of an erased person stays in any text, document, list or file of any service's tables.

The superuser writes the person into every such column of the database, also of one that the
metadata does not know; then the service's erasure runs, and every row of the tenant is read.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest
from sqlalchemy import Enum

from chassis.composition.erased_records import advance_versions
from chassis.composition.features import attachment_types_of, record_types_of
from chassis.database.encryption.columns import encrypted_columns_of, place_of
from chassis.database.encryption.sealing import seal
from chassis.database.engine import Database
from chassis.database.transaction_tenant import within_tenant
from chassis.records.audit.encrypted_changes import as_stored
from chassis.tenancy import tasks
from chassis.tenancy.personal_data_map import SUBJECT_KIND, personal_columns, tenant_tables
from deploy.services import SERVICES
from kernel.ids import new_id
from libs.chassis.tests.tenancy.running import request_task, run
from testkit import databases
from testkit.databases import admin_dsn
from testkit.plugin import Committed
from tests.architecture.test_databases import REQUIRED_VALUES

TENANT = UUID("01990000-0000-7000-8000-00000000000a")
NAME, PHONE, MAIL = "诸葛清菲", "+861062345678", "qingfei.zhuge@example.com"
# How people spell them in texts, a row each; files hold the stored spelling.
SPELLINGS = ("与诸葛清菲\u200b通话", "电 (010) 6234-5678转8001", "to Qingfei.ZHUGE@Example.com")
IN_FILES = f"{NAME},{PHONE},{MAIL}"
LEFTOVERS = ("诸葛", "6234-5678", "62345678", "zhuge")
# Columns without the person's data in clear, each with its reason.
EXEMPT = {
    "access_keys.digest": "a digest of a secret",
    "idempotency_keys.body_hash": "a digest",
    "message_bans.address_digest": "a keyed digest: a ban outlives the erasure of its person",
    "files.content_secret": "the random key of the bytes of a file",
    "captures.event_digest": "a digest of the sender's id of an event",
    "captures.payload_digest": "a digest of all that was sent, which names nobody",
    "message_consents.address_digest": "the same of a withdrawn consent",
    "lead_consents.address_digest": "as `digest`, by which services that send messages find it",
    "lead_consents.digest": "a keyed digest: a withdrawal outlives the erasure of its person",
    "lead_keys.digest": "a keyed digest, deleted with what it was made of",
    "returning_customers.digest": "a keyed digest, deleted with what it was made of",
    "tenant_exports.content": "compressed, pruned after 7 days as the report says",
    "tenant_exports.name": "the name of a table",
    "search_texts.text": "follows its row, and is tested with the rows of the search",
    "search_texts.resource": "the name of a resource",
    "search_grams.gram": "follows its row",
    "search_grams.resource": "the name of a resource",
    "jobs.kind": "the name of a handler",
    "outbox.aggregatetype": "a name in the code",
    "outbox.type": "a name in the code",
    "outbox.correlationid": "an id of a request",
    "outbox.causationid": "an id of an event",
    "outbox.actor": "the subject of a person, which stays and names nobody after the erasure",
    "outbox.traceparent": "an id of a trace",
}
# Columns that hold ciphertext of the person, each with what its values are bound to.
ENCRYPTED = {
    f"{table.name}.{column.name}": place_of(column)
    for service in SERVICES
    for table in tenant_tables(service)
    for column in encrypted_columns_of(table)
    if "personal" in column.info
}
# Documents that are read as what they are when their row is erased, made of a text.
DOCUMENTS: Mapping[str, Callable[[str], Any]] = {
    **{
        f"{table}.external_ids": lambda text: [{"system": text, "external_id": text}]
        for table in ("accounts", "contacts", "opportunities")
    },
    "follow_ups.checklist": lambda text: [{"question": text, "answer": text}],
    "approvals.plan": lambda text: {
        "branch": text,
        "steps": [{"key": text, "name": text, "approvers": [{"source": "POST", "name": text}]}],
    },
}
FILLED_KINDS = {"text", "jsonb", "_text", "bytea"}
COLUMNS = """
    SELECT c.table_name, c.column_name, c.udt_name, c.is_nullable
    FROM information_schema.columns c
    JOIN pg_tables t ON t.tablename = c.table_name AND t.schemaname = 'public'
    WHERE c.table_schema = 'public' AND c.is_generated = 'NEVER' AND c.is_identity = 'NO'
    AND EXISTS (SELECT FROM information_schema.columns o WHERE o.table_schema = 'public'
                AND o.table_name = c.table_name AND o.column_name = 'tenant_id')
    ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Canary:
    """A service's database, by which role to work in it, and its columns by table."""

    committed: Committed
    admin: asyncpg.Connection
    columns: dict[str, list[asyncpg.Record]]

    @property
    def service(self) -> str:
        """The service whose database this is."""
        return self.committed.urls.service


@pytest.fixture(params=SERVICES)
async def canary(request: pytest.FixtureRequest, worker_id: str) -> AsyncIterator[Canary]:
    database = await databases.create_database(request.param, f"erase_{worker_id}")
    admin = await asyncpg.connect(admin_dsn(), database=database.name)
    await admin.execute("SET session_replication_role = replica")
    app, worker = (Database(url, name="test") for url in (database.app_url, database.worker_url))
    yield Canary(Committed(app, worker, database), admin, await columns_of(admin))
    await app.dispose()
    await worker.dispose()
    await admin.close()
    await databases.drop(database)


async def columns_of(admin: asyncpg.Connection) -> dict[str, list[asyncpg.Record]]:
    by_table: dict[str, list[asyncpg.Record]] = {}
    for row in await admin.fetch(COLUMNS):
        by_table.setdefault(row["table_name"], []).append(row)
    return by_table


def first_values(service: str) -> dict[str, str]:
    """Return the SQL of a possible value of each column that holds an enum."""
    return {
        f"{table.name}.{column.name}": f"'{column.type.enums[0]}'"
        for table in tenant_tables(service)
        for column in table.c
        if isinstance(column.type, Enum)
    } | {"receivables.kind": "'PREPAYMENT'"}  # only a prepayment has no shipment


def value_of(column: asyncpg.Record, spelling: str, person: UUID | None) -> str | None:
    """Return the SQL of what the superuser writes, None for what may stay null."""
    name, kind = column["column_name"], column["udt_name"]
    place = f"{column['table_name']}.{name}"
    if place in ENCRYPTED:
        with within_tenant(TENANT):
            sealed = seal(MAIL if name == "email" else PHONE, ENCRYPTED[place])
        return f"'{as_stored(sealed)}'"
    if name == "tenant_id":
        return f"'{TENANT}'"
    if person is not None and name == "id":
        return f"'{person}'"
    if kind in FILLED_KINDS and place not in EXEMPT:
        is_typed, untyped = place in DOCUMENTS, {"deep": [{"note": spelling}]}
        document = DOCUMENTS[place](spelling) if is_typed else untyped
        return {
            "text": f"'{spelling}'",
            "jsonb": f"'{orjson.dumps(document).decode()}'",
            "_text": f"ARRAY['{spelling}']",
            "bytea": f"convert_to('{IN_FILES}', 'UTF8')",
        }[kind]
    if column["is_nullable"] == "YES":
        return None
    if name in REQUIRED_VALUES:
        return REQUIRED_VALUES[name]
    by_kind = {
        "uuid": "gen_random_uuid()",
        "bytea": f"convert_to('{spelling[0]}' || gen_random_uuid(), 'UTF8')",
        "bool": "false",
        "date": "current_date",
        "timestamptz": "now()",
        "xid8": "pg_current_xact_id()",
        "_int4": "'{}'",
        "text": "gen_random_uuid()::text",
    }
    return by_kind.get(kind, "1")


async def write_person(canary: Canary) -> list[UUID]:
    """Write the person into every column, in one row per spelling; return the ids of their rows.

    Rows of tables with marked columns are the person's own; others do not name them by id.
    """
    marked = {
        str(table.name)
        for table in tenant_tables(canary.service)
        if personal_columns(table, "name", "phone", "email", SUBJECT_KIND) and "id" in table.c
    }
    people, enums = [new_id() for _ in SPELLINGS], first_values(canary.service)
    for table, columns in canary.columns.items():
        for person, spelling in zip(people, SPELLINGS, strict=True):
            own = person if table in marked else None
            values = {
                column["column_name"]: enums.get(f"{table}.{column['column_name']}")
                or value_of(column, spelling, own)
                for column in columns
            }
            written = {f'"{name}"': value for name, value in values.items() if value is not None}
            await canary.admin.execute(
                f'INSERT INTO "{table}" ({", ".join(written)})'
                f" VALUES ({', '.join(written.values())}) ON CONFLICT DO NOTHING"
            )
    return people


def erasure(service: str) -> Any:
    """Return the job; what it publishes needs sound records, which the canary's rows are not."""
    return tasks.task_job(service, partial(advance_versions, service))


async def erase_person(canary: Canary, people: list[UUID]) -> None:
    whom = {"ids": people, "phones": (PHONE,), "emails": (MAIL,), "values": (NAME,)}
    await request_task(canary.committed, TENANT, "ERASE", **whom)
    await run(canary.committed, TENANT, handle=erasure(canary.service))


async def places_of_person(canary: Canary) -> set[str]:
    """Return the columns that still hold the person in clear."""
    places = set()
    for table, columns in (await columns_of(canary.admin)).items():
        for column in (one for one in columns if one["udt_name"] in FILLED_KINDS):
            name = f'"{column["column_name"]}"'
            shown = (
                f"encode({name}, 'escape')" if column["udt_name"] == "bytea" else f"{name}::text"
            )
            raw = [spelled(one, column["udt_name"]) for one in LEFTOVERS]
            found = await canary.admin.fetchval(
                f'SELECT count(*) FROM "{table}" WHERE tenant_id = $1'
                f" AND lower({shown}) LIKE ANY ($2::text[])",
                TENANT,
                raw,
            )
            if found:
                places.add(f"{table}.{column['column_name']}")
    return places


def spelled(value: str, kind: str) -> str:
    """Return the LIKE pattern of a value, in a file by its bytes as PostgreSQL escapes them."""
    if kind == "bytea" and not value.isascii():
        return "%" + "".join(f"\\\\{byte:03o}" for byte in value.encode()) + "%"
    return f"%{value}%"


async def test_nothing_of_an_erased_person_stays(canary: Canary) -> None:
    people = await write_person(canary)
    written = await places_of_person(canary)
    filled = {
        f"{table}.{one['column_name']}"
        for table, columns in canary.columns.items()
        for one in columns
        if one["udt_name"] in FILLED_KINDS
    }
    assert filled - EXEMPT.keys() - ENCRYPTED.keys() - written == set()
    encrypted = filled & ENCRYPTED.keys()
    assert await filled_places(canary, encrypted) == encrypted
    await erase_person(canary, people)
    assert await places_of_person(canary) == set()
    assert await filled_places(canary, encrypted) == set()
    assert await tables_of_old_versions(canary) == set()


async def tables_of_old_versions(canary: Canary) -> set[str]:
    """Return the tables with rows whose version is still the one that named the person."""
    found = set()
    types = (*record_types_of(canary.service), *attachment_types_of(canary.service))
    records = {one.table.name for one in types}
    for table, columns in canary.columns.items():
        if table not in records and {"id", "version", "updated_at"} <= {
            one["column_name"] for one in columns
        }:
            query = f'SELECT count(*) FROM "{table}" WHERE tenant_id = $1 AND version = 1'
            if await canary.admin.fetchval(query, TENANT):
                found.add(table)
    return found


async def filled_places(canary: Canary, places: set[str]) -> set[str]:
    """Return those of these columns that hold a value."""
    filled = set()
    for place in places:
        table, _, column = place.partition(".")
        query = f'SELECT count("{column}") FROM "{table}" WHERE tenant_id = $1'
        if await canary.admin.fetchval(query, TENANT):
            filled.add(place)
    return filled


def test_the_leads_and_contacts_are_encrypted() -> None:
    assert sorted(ENCRYPTED.values()) == [
        "desk.message.email",
        "desk.message.phone",
        "l2o.account.email",
        "l2o.account.email",
        "l2o.account.phone",
        "l2o.contact.email",
        "l2o.contact.email",
        "l2o.contact.phone",
        "l2o.contact.phone",
        "mtl.lead.email",
        "mtl.lead.other_email",
        "mtl.lead.other_phone",
        "mtl.lead.phone",
        "mtl.lead.wechat_id",
        "mtl.lead.work_phone",
        *(
            f"mtl.lead_merge.{when}_{name}"
            for when in ("after", "before")
            for name in ("email", "other_email", "other_phone", "phone", "wechat_id", "work_phone")
        ),
    ]


@pytest.mark.parametrize("canary", ["org"], indirect=True)
async def test_a_column_that_the_erasure_does_not_know_is_noticed(canary: Canary) -> None:
    await canary.admin.execute("ALTER TABLE saved_views ADD COLUMN planted text")
    planted = Canary(canary.committed, canary.admin, await columns_of(canary.admin))
    people = await write_person(planted)
    await erase_person(planted, people)
    assert await places_of_person(planted) == {"saved_views.planted"}
