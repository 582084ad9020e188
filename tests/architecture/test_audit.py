"""Every business table is audited, or is listed as an exception with its reason."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import asyncpg
import pytest

from chassis.database import backbone_tables
from chassis.database.migrate import metadata_of
from deploy.services import SERVICES
from testkit import databases
from testkit.databases import ServiceDatabase

# Tables of the backbone that hold decisions of people; its other tables are technical.
OF_THE_BACKBONE = {
    "record_grants",
    "access_keys",
    "custom_field_definitions",
    "external_ids",
    "number_formats",
    "event_snapshots",
    "replica_rebuilds",
    "event_resends",
}
NOT_AUDITED = {
    "org.department_moves": "a history itself",
    "org.login_tries": "the brake on guessing passwords",
    "org.password_links": "used once, then deleted",
    "org.notification_preferences": "a person's choice of notifications",
    "org.tenant_task_reports": "what machines reported",
    "org.tenant_task_findings": "what machines found; it is deleted when all have reported",
    "org.notifications": "messages to a person, written by the system",
    "mtl.lead_keys": "digests of what the lead holds",
    "mtl.lead_history": "a history itself",
    "mtl.lead_recyclings": "facts that are never changed: by which rule a lead fell back",
    "mtl.lead_claims": "facts that are never changed, with who claimed",
    "mtl.lead_assignments": "facts that are never changed: which rule gave a lead to whom",
    "mtl.assignment_turns": "what machines count; the assignments say what came of it",
    "mtl.bulk_changes": "what a person started; what it changed has entries of its own",
    "mtl.bulk_change_leads": "what became of each lead, whose changes have entries of their own",
    "mtl.lead_consents": "facts that are never changed, with who recorded them",
    "mtl.lead_touches": "facts that are never changed, with who recorded them",
    "mtl.conversions": "the state of a conversion; what it does to the lead is audited",
    "mtl.returning_customers": "digests of what converted leads held",
    "mtl.account_keys": "keys of the names in a replica",
    "mtl.lead_merges": "a history itself, with who merged and who undid it",
    "mtl.merged_leads": "a part of a merge, never changed",
    "desk.approval_history": "a history itself",
    "desk.role_holders": "a part of a copy of org's people",
    "desk.file_parts": "objects of the store, as machines write and delete them",
    "desk.file_usage": "a sum that machines keep",
    "desk.message_consents": "what MTL says, whose facts name who recorded them",
    "desk.message_rates": "counts that machines keep",
    "l2o.stage_changes": "a history itself",
    "l2o.conversions": "the receipt of a lead's conversion, and how often it was given",
    "l2o.lead_trail_entries": "facts that are never changed, with who did what",
    "l2o.account_rfm": "computed from orders, again every night",
    "l2o.account_grades": "how an account came to its grade; the account is audited",
    "l2o.grade_queue": "work that waits for a job",
    "l2o.timeline_entries": "facts that are never changed, with who did what",
    "cpq.price_book_versions": "a history itself",
    "rms.order_revisions": "a history itself",
    "rms.shipment_lines": "posted with their shipment, never changed",
}

# The fifth and sixth argument of the trigger, behind the fourth and fifth zero byte, name what is
# left out of the entries and what is secret.
AUDITED_COLUMNS = """
    SELECT c.relname || '.' || a.attname AS audited_column
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE p.proname = 'audit_row' AND a.attname <> ALL(
        (string_to_array(encode(t.tgargs, 'escape'), '\\000'))[5]::text[]
        || (string_to_array(encode(t.tgargs, 'escape'), '\\000'))[6]::text[])
"""
UNFILTERED = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND a.attname = 'custom_fields' AND 3 > (
        SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid = c.oid AND p.proname = 'custom_values_row')
"""

# What runs as its owner, or for every writer, must not find a caller's operator before ours.
OPEN_TO_OTHERS = """
    SELECT p.proname FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
    AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)
    AND NOT EXISTS (
        SELECT FROM unnest(p.proconfig) AS set_to WHERE set_to LIKE 'search_path=%, pg_temp')
"""


@dataclass(frozen=True)
class Migrated:
    """A service's database and its audited tables, each with the resource that entries name."""

    database: ServiceDatabase
    audited: Mapping[str, str]
    audited_columns: frozenset[str]  # columns of audited tables whose values are in the entries
    unfiltered: frozenset[str]  # tables whose custom fields no list can be filtered by
    open_to_others: frozenset[str]  # functions whose search path is not fixed


@pytest.fixture(scope="module", params=SERVICES)
async def migrated(request: pytest.FixtureRequest, worker_id: str) -> AsyncIterator[Migrated]:
    database = await databases.create_database(request.param, f"audit_{worker_id}")
    owner = await asyncpg.connect(database.owner_url.replace("+asyncpg", ""))
    rows = await owner.fetch(
        "SELECT c.relname, split_part(encode(t.tgargs, 'escape'), '\\000', 1) AS resource"
        " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE p.proname = 'audit_row' AND t.tgenabled = 'O' AND t.tgname = 'audit'"
    )
    audited_columns = await owner.fetch(AUDITED_COLUMNS)
    unfiltered = await owner.fetch(UNFILTERED)
    open_to_others = await owner.fetch(OPEN_TO_OTHERS)
    await owner.close()
    yield Migrated(
        database,
        {row["relname"]: row["resource"] for row in rows},
        frozenset(row["audited_column"] for row in audited_columns),
        frozenset(row["relname"] for row in unfiltered),
        frozenset(row["proname"] for row in open_to_others),
    )
    await databases.drop(database)


async def test_every_business_table_is_audited(migrated: Migrated) -> None:
    service = migrated.database.service
    backbone, own = metadata_of(service)
    assert backbone is backbone_tables.metadata
    required = OF_THE_BACKBONE & set(backbone.tables)
    for name, table in own.tables.items():
        is_copy = {"epoch", "sequence"} <= set(table.c.keys())  # its origin is audited elsewhere
        if not is_copy and f"{service}.{name}" not in NOT_AUDITED:
            required.add(name)
    assert required - migrated.audited.keys() == set()


async def test_every_exception_names_an_existing_table(migrated: Migrated) -> None:
    service = migrated.database.service
    _, own = metadata_of(service)
    listed = {name.split(".")[1] for name in NOT_AUDITED if name.startswith(f"{service}.")}
    assert listed <= set(own.tables)
    assert not listed & migrated.audited.keys()


async def test_audit_entries_name_resources_as_everything_else_does(migrated: Migrated) -> None:
    own = (f"{migrated.database.service}.", "@resource")  # or what the row itself names
    assert {name for name in migrated.audited.values() if not name.startswith(own)} == set()


async def test_audit_entries_hold_no_secrets(migrated: Migrated) -> None:
    words = ("secret", "hash", "password", "digest")
    assert {
        name for name in migrated.audited_columns if any(word in name for word in words)
    } == set()


async def test_lists_can_be_filtered_by_all_custom_fields(migrated: Migrated) -> None:
    assert migrated.unfiltered == set()


async def test_functions_do_not_use_the_search_path_of_their_caller(migrated: Migrated) -> None:
    assert migrated.open_to_others == set()
