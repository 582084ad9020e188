"""Encrypts the values of a tenant anew under the current key, a page of rows per chunk of a job.

A row keeps its version, and its audit gets no entry: what the row says does not change. A value
that somebody writes meanwhile is left alone: it is encrypted with the current key already.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from sqlalchemy import ColumnElement, Row, Table, Text, cast, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.columns import (
    encrypted_columns_of,
    encrypted_fields,
    encrypted_resources,
    place_of,
    stored,
)
from chassis.database.encryption.sealing import current_header, keyring, seal, unseal
from chassis.foundation.encryption_keys import KEYS_VARIABLE
from chassis.jobs.queue import Again, Done, Job, JobHandler
from chassis.records.audit.encrypted_changes import as_stored, encrypted_changes, with_value_in_text
from chassis.records.audit.tables import audit_entries
from chassis.tenancy.erase import REWRITE_ROW, has_key_of
from chassis.tenancy.personal_data_map import tenant_tables
from chassis.tenancy.row_pages import RowPage, next_row_page

log = structlog.get_logger()

ROTATION_JOB = "encryption.rotate"
PAGE_ROWS = 500


class OtherKeys(RuntimeError):
    """A worker was asked to rotate to a key that is not its current one."""


def rotation_job(service: str) -> JobHandler:
    """Return the job handler that rotates a tenant's values; its payload says how far it is."""

    async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
        state = {"place": 0, "after": None, "rewritten": 0, **job.payload}
        _ensure_current(state["key"])
        tables = rotated_tables(service)
        if state["place"] >= len(tables):
            await log.ainfo("encryption_key_rotated", key=state["key"], rows=state["rewritten"])
            return Done()
        table = tables[state["place"]]
        page = await next_row_page(tx, table, state["after"], size=PAGE_ROWS)
        rotate = _rotate_entries if table is audit_entries else _rotate_rows
        state["rewritten"] += await rotate(tx, page)
        if page.last is None:
            state.update(place=state["place"] + 1, after=None)
        else:
            state.update(after=dict(page.last))
        return Again(job.now, state)

    return run_chunk


def rotated_tables(service: str) -> Sequence[Table]:
    """Return the tables of a service that hold ciphertext, the audit trail last."""
    own = [table for table in tenant_tables(service) if encrypted_columns_of(table)]
    return [*own, audit_entries] if own else []


def _ensure_current(key_id: str) -> None:
    """Raise OtherKeys in a process that would encrypt with another key."""
    if keyring().current_id != key_id:
        raise OtherKeys(
            f"The rotation is to the key '{key_id}', but the first key of this worker's"
            f" {KEYS_VARIABLE} is '{keyring().current_id}': restart it with the new settings."
        )


async def _rotate_rows(tx: AsyncConnection, page: RowPage) -> int:
    """Encrypt the page's values of other keys anew; return how many rows were rewritten."""
    table, columns = page.table, encrypted_columns_of(page.table)
    keys, ciphertexts = table.primary_key.columns, {c: stored(c).label(c.name) for c in columns}
    outdated = [_is_outdated(one) for one in ciphertexts.values()]
    query = select(*keys, *ciphertexts.values()).where(*page.within(), or_(*outdated))
    rewritten = 0
    for row in (await tx.execute(query.order_by(*keys))).mappings():
        # Not the version of the record: a value that was written meanwhile differs, and stays.
        same = [stored(c).is_not_distinct_from(row[c.name]) for c in columns]
        fresh = {
            str(c.name): unseal(row[c.name], place_of(c))
            for c in columns
            if row[c.name] is not None
        }
        statement = update(table).where(*has_key_of(table, row), *same).values(fresh)
        rewritten += (await tx.execute(statement)).rowcount
    return rewritten


def _is_outdated(ciphertext: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Return the condition of values that another key than the current one encrypted."""
    header = current_header()
    return func.substring(ciphertext, 1, len(header)) != header


async def _rotate_entries(tx: AsyncConnection, page: RowPage) -> int:
    """Encrypt the values in the page's audit entries anew, as the owner of the table."""
    e = audit_entries.c
    query = select(e.id, e.resource, e.changes, cast(e.changes, Text).label("document"))
    encrypted = e.resource.in_(sorted(encrypted_resources()))
    rewritten = 0
    for row in await tx.execute(query.where(*page.within(), encrypted)):
        document = _rotated_document(row)
        if document != row.document:
            values = {"target": "audit_entries", "key": orjson.dumps({"id": row.id}).decode()}
            await tx.execute(REWRITE_ROW, {**values, "fresh": f'{{"changes": {document}}}'})
            rewritten += 1
    return rewritten


def _rotated_document(row: Row[Any]) -> str:
    document: str = row.document
    for change in encrypted_changes(row.resource, row.changes):
        if not change.sealed.startswith(current_header()):
            fresh = as_stored(seal(change.read(), change.place))
            document = with_value_in_text(document, change, fresh)
    return document


async def values_by_key(tx: AsyncConnection, service: str) -> Mapping[tuple[str, str], int]:
    """Count the tenant's encrypted values by where they stand and by the id of their key."""
    counts: dict[tuple[str, str], int] = {}
    for table in rotated_tables(service):
        for place, ciphertext, conditions in _ciphertexts(table):
            key_id = func.convert_from(
                func.substring(ciphertext, 3, func.get_byte(ciphertext, 1)), "UTF8"
            ).label("key_id")
            query = select(key_id, func.count()).where(
                *RowPage(table, None, None).within(), *conditions
            )
            for found, count in await tx.execute(query.group_by(key_id)):
                counts[place, found] = counts.get((place, found), 0) + count
    return counts


def _ciphertexts(
    table: Table,
) -> list[tuple[str, ColumnElement[Any], Sequence[ColumnElement[bool]]]]:
    """Return what holds ciphertext in a table: its name, the bytes, and in which rows."""
    if table is not audit_entries:
        return [(place_of(c), stored(c), (c.is_not(None),)) for c in encrypted_columns_of(table)]
    e = audit_entries.c
    return [
        (
            f"audit of {resource}.{field}",
            func.decode(func.substring(value, 3), "hex"),
            (e.resource == resource, func.substring(value, 1, 2) == "\\x"),
        )
        for resource in sorted(encrypted_resources())
        for field in encrypted_fields(resource)
        for side in ("from", "to")
        for value in [e.changes[side][field].astext]
    ]
