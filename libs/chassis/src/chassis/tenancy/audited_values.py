"""Erases a person from encrypted values in the audit trail.

Entries hold ciphertext, in which SQL finds nothing: the values of a page are decrypted and compared
here. What is erased becomes a plain mark; what stays, stays the ciphertext that it was.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.columns import encrypted_resources
from chassis.records.audit.encrypted_changes import encrypted_changes, in_clear, with_values
from chassis.records.audit.tables import audit_entries
from chassis.tenancy.personal_patterns import REDACTED, names_person, text_pattern
from chassis.tenancy.redaction import ErasureSubject
from chassis.tenancy.row_pages import RowPage


async def entries_naming(
    tx: AsyncConnection, page: RowPage, person: ErasureSubject
) -> list[ColumnElement[bool]]:
    """Return the condition of the page's entries with an encrypted value of the person."""
    if page.table is not audit_entries:
        return []
    pattern, e = text_pattern(person.values), audit_entries.c
    if pattern is None:
        return []
    encrypted = e.resource.in_(sorted(encrypted_resources()))
    query = select(e.id, e.resource, e.changes).where(*page.within(), encrypted)
    found = [
        row.id
        for row in await tx.execute(query)
        if any(
            names_person(change.read(), pattern)
            for change in encrypted_changes(row.resource, row.changes)
        )
    ]
    return [e.id.in_(found)] if found else []


def entry_in_clear(table: Table, row: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return an audit entry with its encrypted values decrypted; another row as it is."""
    if table is not audit_entries:
        return row
    return {**row, "changes": in_clear(row["resource"], row["changes"])}


def entry_sealed(
    table: Table, stored: Mapping[Any, Any], changes: dict[str, Any]
) -> dict[str, Any]:
    """Return the columns to rewrite, without encrypted values of an audit entry in clear."""
    if table is not audit_entries or "changes" not in changes:
        return changes
    redacted = changes["changes"]
    values = {
        change: change.stored if redacted[change.side][change.field] == change.read() else REDACTED
        for change in encrypted_changes(stored["resource"], stored["changes"])
    }
    return {**changes, "changes": with_values(redacted, values)}
