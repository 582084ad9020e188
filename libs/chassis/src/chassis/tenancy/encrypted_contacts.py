"""Finds the rows whose encrypted phone or email a request of erasure names.

SQL cannot compare ciphertext, and a digest only finds the whole value; a number is also erased
where it is stored with an extension. So the values of a page are decrypted and compared here.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.columns import is_encrypted
from chassis.tenancy.personal_data_map import (
    CONTACT_KINDS,
    DIGEST_KIND,
    SUBJECT_KIND,
    personal_columns,
)
from chassis.tenancy.redaction import ErasureSubject
from chassis.tenancy.row_pages import RowPage


async def rows_with_encrypted_contact(
    tx: AsyncConnection, page: RowPage, person: ErasureSubject
) -> list[ColumnElement[bool]]:
    """Return the condition of the page's rows that hold a requested phone or email."""
    table, columns = page.table, _encrypted_contacts(page.table)
    if not columns or not person.requested_values:
        return []
    filled = or_(*(column.is_not(None) for column in columns))
    query = select(table.c.id, *columns).where(*page.within(), filled)
    found = [
        row["id"]
        for row in (await tx.execute(query)).mappings()
        if any(person.is_requested(row[column.key]) for column in columns)
    ]
    return [table.c.id.in_(found)] if found else []


async def digests_of_encrypted_contact(
    tx: AsyncConnection, page: RowPage, person: ErasureSubject
) -> list[ColumnElement[bool]]:
    """Return the conditions of the page's digests of a requested phone or email.

    The `kind` of such a row names the column of the record that its subject column names, or the
    kind of personal data that several of its columns hold.
    """
    table = page.table
    conditions: list[ColumnElement[bool]] = []
    for subject, column in _digested(table):
        other = column.table
        same_tenant = other.c.tenant_id == table.c.tenant_id
        is_kind = table.c.kind.in_([str(column.name), column.info["personal"]])
        query = select(subject.label("subject"), column).join(
            other, (other.c.id == subject) & same_tenant
        )
        rows = (await tx.execute(query.where(*page.within(), is_kind))).mappings()
        found = [row["subject"] for row in rows if person.is_requested(row[column.key])]
        if found:
            conditions.append(is_kind & subject.in_(found))
    return conditions


def _encrypted_contacts(table: Table) -> list[Column[Any]]:
    contacts = personal_columns(table, *CONTACT_KINDS) if "id" in table.c else []
    return [column for column in contacts if is_encrypted(column)]


def _digested(table: Table) -> Iterator[tuple[Column[Any], Column[Any]]]:
    if not personal_columns(table, DIGEST_KIND) or "kind" not in table.c:
        return
    for subject in personal_columns(table, SUBJECT_KIND):
        for other in table.metadata.sorted_tables:
            for column in _encrypted_contacts(other):
                yield subject, column
