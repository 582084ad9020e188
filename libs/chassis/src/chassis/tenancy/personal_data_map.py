"""Which tables of a service hold what of a tenant: found from the metadata, so none is forgotten.

A column says what it holds of a person: `Column("phone", Text, info={"personal": "phone"})`.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Column, Table

from chassis.database.backbone_tables import WITHOUT_TENANT
from chassis.database.migrate import metadata_of

# Kinds of marks: what is erased ("name", "phone", "email", "text", "login"), the id of whom the row
# is about ("subject"), a row that is nothing but a key on such data ("digest"), and a whole file.
ERASED_KINDS = frozenset({"name", "phone", "email", "text", "login"})
SUBJECT_KIND, DIGEST_KIND, FILE_KIND = "subject", "digest", "file"
CONTACT_KINDS = frozenset(
    {"phone", "email", "login"}
)  # what a person is reached by; others may share it

# How the service works, not what the tenant has: in no export.
TECHNICAL_TABLES = frozenset(
    {
        "outbox",
        "outbox_pruned",
        "quarantined_events",
        "inbox",
        "parked_keys",
        "parked_events",
        "consumer_counts",
        "jobs",
        "idempotency_keys",
        "operations",
        "tenant_exports",
        "tenant_usage",
        "search_texts",
        "search_grams",
    }
)
_SECRET = re.compile("secret|password|hash|digest|token")


@cache
def tenant_tables(service: str) -> Sequence[Table]:
    """All tables with rows of tenants, children before their parents."""
    found: list[Table] = []
    for metadata in reversed(metadata_of(service)):
        found += [t for t in reversed(metadata.sorted_tables) if t.name not in WITHOUT_TENANT]
    return [table for table in found if any(one.name == "tenant_id" for one in table.c)]


def tenant_id_column(table: Table) -> Column[Any]:
    """The tenant's column; `org` has it under another key in its own table of tenants."""
    return next(column for column in table.c if column.name == "tenant_id")


def exported_tables(service: str) -> Sequence[Table]:
    """Without the tables that only few may read at all: the login directory."""
    own: dict[str, str] = getattr(import_module(f"{service}.database"), "WITHOUT_TENANT", {})
    hidden = TECHNICAL_TABLES | set(own)
    return [table for table in tenant_tables(service) if table.name not in hidden]


def secret_columns(table: Table) -> list[str]:
    """The columns no export shows, by their names."""
    return [column.name for column in table.c if _SECRET.search(column.name)]


def personal_columns(table: Table, *kinds: str) -> list[Column[Any]]:
    """The columns that hold one of these kinds of personal data."""
    return [column for column in table.c if column.info.get("personal") in kinds]
