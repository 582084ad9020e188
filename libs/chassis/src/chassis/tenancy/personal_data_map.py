"""The map of personal data: which tables and columns hold it, read from the table metadata.

A column declares its kind of personal data: `Column("phone", Text, info={"personal": "phone"})`.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Column, Table

from chassis.database.backbone_tables import WITHOUT_TENANT
from chassis.database.migrate import metadata_of

# Kinds of personal data: values that are erased ("name", "phone", "email", "text", "login"), the
# id of the person a row is about ("subject"), a digest of a value ("digest"), and a whole file.
ERASED_KINDS = frozenset({"name", "phone", "email", "text", "login"})
SUBJECT_KIND, DIGEST_KIND, FILE_KIND = "subject", "digest", "file"
CONTACT_KINDS = frozenset({"phone", "email", "login"})  # contact data, which persons may share
BORNE_KINDS = frozenset({"name", "phone", "email"})  # what texts elsewhere call a person by

# Internal tables of the service: they are in no export.
TECHNICAL_TABLES = frozenset(
    {
        "outbox",
        "outbox_pruned",
        "quarantined_events",
        "event_resends",
        "event_resend_keys",
        "inbox",
        "parked_keys",
        "parked_events",
        "consumer_counts",
        "event_snapshots",
        "replica_rebuilds",
        "staged_states",
        "jobs",
        "idempotency_keys",
        "operations",
        "tenant_exports",
        "tenant_usage",
        "search_texts",
        "search_grams",
        "record_work",
    }
)
_SECRET = re.compile("secret|password|hash|digest|token")


@cache
def tenant_tables(service: str) -> Sequence[Table]:
    """Return all tables with rows of tenants, children before their parents."""
    tables: list[Table] = []
    for metadata in reversed(metadata_of(service)):
        tables += [t for t in reversed(metadata.sorted_tables) if t.name not in WITHOUT_TENANT]
    return [table for table in tables if any(column.name == "tenant_id" for column in table.c)]


def tenant_id_column(table: Table) -> Column[Any]:
    """Return the `tenant_id` column, which has another key in org's table of tenants."""
    return next(column for column in table.c if column.name == "tenant_id")


def exported_tables(service: str) -> Sequence[Table]:
    """Return the tables of a tenant export, without internal ones and the login directory."""
    own: dict[str, str] = getattr(import_module(f"{service}.database"), "WITHOUT_TENANT", {})
    hidden = TECHNICAL_TABLES | set(own)
    return [table for table in tenant_tables(service) if table.name not in hidden]


def secret_columns(table: Table) -> list[str]:
    """Return the names of columns with secrets, which no export contains."""
    return [column.name for column in table.c if _SECRET.search(column.name)]


def personal_columns(table: Table, *kinds: str) -> list[Column[Any]]:
    """Return the columns that hold one of these kinds of personal data."""
    return [column for column in table.c if column.info.get("personal") in kinds]
