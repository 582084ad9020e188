"""Redacts a person in JSON, free texts and files, in every table of a service."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Table,
    Text,
    Uuid,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.search.words import index_words
from chassis.tenancy.erase import rewrite_row
from chassis.tenancy.personal_data_map import FILE_KIND
from chassis.tenancy.redacted_files import (
    UNSEARCHABLE_PREFIXES,
    archive_names_subject,
    is_archive,
    redact_file,
)
from chassis.tenancy.redaction import ErasureSubject, redact_json
from chassis.tenancy.row_pages import RowPage

# Tables whose texts are the service's own, or which are updated through `index_words`.
EXCLUDED_TABLES = frozenset({"search_texts", "search_grams", "jobs", "tenant_exports"})
MAX_SEARCHED_BYTES = 1_000_000  # of a file that PostgreSQL searches; larger files are searched here
ScannedRow = Mapping[Any, Any]


async def redact_rows(tx: AsyncConnection, page: RowPage, person: ErasureSubject) -> int:
    """Redact the rows of this page that name the person; return how many rows changed."""
    table = page.table
    columns = scanned_columns(table)
    if not columns or not person.needles:
        return 0
    keys = list(table.primary_key.columns)
    query = select(*keys).where(*page.within(), or_(*_naming(table, columns, person)))
    matches = (await tx.execute(query)).mappings().all()
    return sum([await _redact_row(tx, table, key, person) for key in matches])  # one file at a time


def scanned_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that may name a person."""
    if table.name in EXCLUDED_TABLES:
        return []
    return [column for column in table.c if _may_name_person(column)]


def _may_name_person(column: Column[Any]) -> bool:
    if column.primary_key or column.computed is not None:
        return False
    if isinstance(column.type, LargeBinary):
        return column.info.get("personal") == FILE_KIND
    return isinstance(column.type, JSONB) or type(column.type) is Text


def _naming(
    table: Table, columns: Sequence[Column[Any]], person: ErasureSubject
) -> list[ColumnElement[bool]]:
    """Return the conditions of rows that contain a requested value, or an id of the person."""
    conditions = [_holds(column, needle) for column in columns for needle in person.needles]
    conditions += [
        _is_searched_here(column) for column in columns if isinstance(column.type, LargeBinary)
    ]
    ids = sorted(person.ids | person.changed_ids)  # the audit names what a changed row held before
    return conditions + [column.in_(ids) for column in table.c if isinstance(column.type, Uuid)]


def _holds(column: Column[Any], needle: str) -> ColumnElement[bool]:
    if isinstance(column.type, LargeBinary):
        pattern = func.lower(func.encode(literal(needle.encode(), LargeBinary), "escape"))
        found = func.strpos(func.lower(func.encode(column, "escape")), pattern) > 0
        return case((func.octet_length(column) <= MAX_SEARCHED_BYTES, found), else_=false())
    return func.strpos(func.lower(cast(column, Text)), needle.lower()) > 0


def _is_searched_here(column: Column[Any]) -> ColumnElement[bool]:
    """Return the condition of files that PostgreSQL cannot search: archives, UTF-16, large ones."""
    prefixes = [func.substring(column, 1, len(p)) == p for p in UNSEARCHABLE_PREFIXES]
    return or_(func.octet_length(column) > MAX_SEARCHED_BYTES, *prefixes)


async def _redact_row(
    tx: AsyncConnection, table: Table, key: ScannedRow, person: ErasureSubject
) -> bool:
    """Redact one row; return whether anything changed."""
    row = (await tx.execute(select(table).where(*_is(table, key)))).mappings().one_or_none()
    if row is None:
        return False
    redacted = {str(c.name): await _redacted(tx, c, row, person) for c in scanned_columns(table)}
    changes = {name: value for name, value in redacted.items() if value is not None}
    if not changes:
        return False
    await rewrite_row(tx, table, row, changes)
    if "id" in table.c:
        person.note_changed(row["id"])
        await index_words(tx, table, [{**row, **changes}])
    return True


def _is(table: Table, key: ScannedRow) -> list[ColumnElement[bool]]:
    return [column == key[column.key] for column in table.primary_key.columns]


async def _redacted(
    tx: AsyncConnection, column: Column[Any], row: ScannedRow, person: ErasureSubject
) -> Any:
    """Return the redacted value as JSON, None where nothing changes."""
    value = row[column.key]
    if value is None:
        return None
    if isinstance(value, bytes):
        content = await _redacted_bytes(tx, column, row, person)
        return "\\x" + content.hex() if content != value else None
    redacted = redact_json(value, person.values)
    return redacted if redacted != value else None


async def _redacted_bytes(
    tx: AsyncConnection, column: Column[Any], row: ScannedRow, person: ErasureSubject
) -> bytes:
    """Redact a file; an archive stored in parts is checked as a whole from its first part."""
    content: bytes = row[column.key]
    if "part" not in column.table.primary_key.columns or not is_archive(content):
        return redact_file(content, person)
    parts = await _parts(tx, column, row)
    if not archive_names_subject(b"".join(part[column.key] for part in parts), person):
        return content
    for part in parts:
        await rewrite_row(tx, column.table, part, {str(column.name): "\\x"})
    return b""


async def _parts(tx: AsyncConnection, column: Column[Any], row: ScannedRow) -> Sequence[ScannedRow]:
    """Return the rows of all parts of the file, in order."""
    keys = list(column.table.primary_key.columns)
    same = [key == row[key.key] for key in keys if key.name != "part"]
    query = select(*keys, column).where(*same).order_by(column.table.c.part)
    return (await tx.execute(query)).mappings().all()
