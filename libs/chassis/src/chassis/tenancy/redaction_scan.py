"""Cuts the traces of a person out of JSON, free texts and files, in every table of a service."""

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

# Their strings are the service's own words, or they are dealt with through `index_words`.
EXCLUDED_TABLES = frozenset({"search_texts", "search_grams", "jobs", "tenant_exports"})
MAX_SEARCHED_BYTES = 1_000_000  # bytes of a file that PostgreSQL searches
ScannedRow = Mapping[Any, Any]


async def redact_rows(tx: AsyncConnection, page: RowPage, person: ErasureSubject) -> int:
    """Cut the person out of the rows of this page that name them; how many rows that were."""
    table = page.table
    columns = scanned_columns(table)
    if not columns or not person.needles:
        return 0
    keys = list(table.primary_key.columns)
    query = select(*keys).where(*page.within(), or_(*_naming(table, columns, person)))
    found = (await tx.execute(query)).mappings().all()
    return sum([await _clean(tx, table, key, person) for key in found])  # one file at a time


def scanned_columns(table: Table) -> list[Column[Any]]:
    """The columns of a table that may hold traces."""
    if table.name in EXCLUDED_TABLES:
        return []
    return [column for column in table.c if _may_hold_traces(column)]


def _may_hold_traces(column: Column[Any]) -> bool:
    if column.primary_key or column.computed is not None:
        return False
    if isinstance(column.type, LargeBinary):
        return column.info.get("personal") == FILE_KIND
    return isinstance(column.type, JSONB) or type(column.type) is Text


def _naming(
    table: Table, columns: Sequence[Column[Any]], person: ErasureSubject
) -> list[ColumnElement[bool]]:
    """Rows that hold a value that was given, or an id of the person in whatever column."""
    told = [_holds(column, needle) for column in columns for needle in person.needles]
    told += [_is_opened(column) for column in columns if isinstance(column.type, LargeBinary)]
    ids = sorted(person.ids)
    return told + [column.in_(ids) for column in table.c if isinstance(column.type, Uuid)]


def _holds(column: Column[Any], needle: str) -> ColumnElement[bool]:
    if isinstance(column.type, LargeBinary):
        sought = func.lower(func.encode(literal(needle.encode(), LargeBinary), "escape"))
        found = func.strpos(func.lower(func.encode(column, "escape")), sought) > 0
        return case((func.octet_length(column) <= MAX_SEARCHED_BYTES, found), else_=false())
    return func.strpos(func.lower(cast(column, Text)), needle.lower()) > 0


def _is_opened(column: Column[Any]) -> ColumnElement[bool]:
    """Files that are looked through here: in their bytes nothing is found, or they are large."""
    begins = [func.substring(column, 1, len(one)) == one for one in UNSEARCHABLE_PREFIXES]
    return or_(func.octet_length(column) > MAX_SEARCHED_BYTES, *begins)


async def _clean(
    tx: AsyncConnection, table: Table, key: ScannedRow, person: ErasureSubject
) -> bool:
    """Whether anything of the row was about the person."""
    row = (await tx.execute(select(table).where(*_is(table, key)))).mappings().one_or_none()
    if row is None:
        return False
    cleaned = {str(c.name): await _cleaned(tx, c, row, person) for c in scanned_columns(table)}
    fresh = {name: one for name, one in cleaned.items() if one is not None}
    if not fresh:
        return False
    await rewrite_row(tx, table, row, fresh)
    if "id" in table.c:
        await index_words(tx, table, [{**row, **fresh}])
    return True


def _is(table: Table, key: ScannedRow) -> list[ColumnElement[bool]]:
    return [column == key[column.key] for column in table.primary_key.columns]


async def _cleaned(
    tx: AsyncConnection, column: Column[Any], row: ScannedRow, person: ErasureSubject
) -> Any:
    """The value without the person, as JSON has it; None where nothing changes."""
    value = row[column.key]
    if value is None:
        return None
    if isinstance(value, bytes):
        clean = await _cleaned_bytes(tx, column, row, person)
        return "\\x" + clean.hex() if clean != value else None
    cleaned = redact_json(value, person.given | person.found)
    return cleaned if cleaned != value else None


async def _cleaned_bytes(
    tx: AsyncConnection, column: Column[Any], row: ScannedRow, person: ErasureSubject
) -> bytes:
    """Of an archive in parts the first one begins it, and decides for all of them."""
    content: bytes = row[column.key]
    if "part" not in column.table.primary_key.columns or not is_archive(content):
        return redact_file(content, person)
    parts = await _parts(tx, column, row)
    if not archive_names_subject(b"".join(one[column.key] for one in parts), person):
        return content
    for one in parts:
        await rewrite_row(tx, column.table, one, {str(column.name): "\\x"})
    return b""


async def _parts(tx: AsyncConnection, column: Column[Any], row: ScannedRow) -> Sequence[ScannedRow]:
    """The rows of all parts of the file, in order."""
    keys = list(column.table.primary_key.columns)
    same = [key == row[key.key] for key in keys if key.name != "part"]
    query = select(*keys, column).where(*same).order_by(column.table.c.part)
    return (await tx.execute(query)).mappings().all()
