"""Redacts a person in JSON, free texts and files, in every table of a service."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Enum,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import NAME_KEY_OF, JsonDocument
from chassis.records.search.words import index_words
from chassis.tenancy.audited_values import entries_naming, entry_in_clear, entry_sealed
from chassis.tenancy.erase import has_key_of, rewrite_row, with_derived_columns
from chassis.tenancy.namesakes import Namesakes, ids_in
from chassis.tenancy.personal_data_map import FILE_KIND
from chassis.tenancy.personal_file_patterns import escaped_file_pattern
from chassis.tenancy.personal_patterns import candidate_pattern
from chassis.tenancy.redacted_files import (
    UNSEARCHABLE_PREFIXES,
    archive_names_subject,
    is_archive,
    redact_file,
)
from chassis.tenancy.redaction import ErasureSubject, holds, redact_json, texts_of
from chassis.tenancy.row_pages import RowPage
from kernel.ids import new_id

# Tables that are not scanned: the search index follows its rows by `index_words`, compressed
# exports of the tenant are pruned after seven days.
EXCLUDED_TABLES = frozenset({"search_texts", "search_grams", "tenant_exports"})
# Columns that are not scanned: of an event only the payload may be rewritten.
EXCLUDED_COLUMNS = frozenset(
    {f"outbox.{name}" for name in ("aggregatetype", "type", "correlationid", "causationid")}
    | {"outbox.traceparent", "outbox.actor"}
)
TASK_JOB_KIND = "tenant.task"  # this job holds the values until it is done: it is not scanned
MAX_SEARCHED_BYTES = 1_000_000  # of a file that PostgreSQL searches; larger files are searched here
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
ScannedRow = Mapping[Any, Any]


async def redact_rows(
    tx: AsyncConnection, page: RowPage, person: ErasureSubject, tables: Sequence[Table]
) -> int:
    """Redact the rows of this page that name the person; return how many rows changed.

    `tables` are all of the service: they tell which rows are about somebody of the same name.
    """
    table = page.table
    columns = scanned_columns(table)
    if not columns or not person.needles:
        return 0
    keys = list(table.primary_key.columns)
    naming = [*_naming(table, columns, person), *await entries_naming(tx, page, person)]
    query = select(*keys).where(*page.within(), or_(*naming))
    if table.name == "jobs":
        query = query.where(table.c.kind != TASK_JOB_KIND)
    matches = (await tx.execute(query)).mappings().all()
    namesakes = Namesakes(tx, tables, person)
    redacted = [await _redact_row(tx, table, key, namesakes) for key in matches]
    return sum(redacted)


def scanned_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of a table that may name a person."""
    if table.name in EXCLUDED_TABLES:
        return []
    return [column for column in table.c if _may_name_person(column)]


def _may_name_person(column: Column[Any]) -> bool:
    kind = column.type
    if column.computed is not None or f"{column.table.name}.{column.name}" in EXCLUDED_COLUMNS:
        return False
    if NAME_KEY_OF in column.info:  # it follows its name
        return False
    if isinstance(kind, LargeBinary):
        return column.info.get("personal") == FILE_KIND
    if isinstance(kind, ARRAY):
        return isinstance(kind.item_type, Text)
    return isinstance(kind, JSONB | JsonDocument) or (
        isinstance(kind, String) and not isinstance(kind, Enum)
    )


def _naming(
    table: Table, columns: Sequence[Column[Any]], person: ErasureSubject
) -> list[ColumnElement[bool]]:
    """Return the conditions of rows that contain a value, or an id of the person."""
    files = [column for column in columns if isinstance(column.type, LargeBinary)]
    texts = [column for column in columns if not isinstance(column.type, LargeBinary)]
    conditions = [one for column in files for one in _file_holds(column, person)]
    conditions += [_is_searched_here(column) for column in files]
    conditions += [one for column in texts for one in _text_holds(column, person)]
    ids = sorted(person.ids | person.changed_ids)  # the audit names what a changed row held before
    return conditions + [column.in_(ids) for column in table.c if isinstance(column.type, Uuid)]


def _text_holds(column: Column[Any], person: ErasureSubject) -> Iterator[ColumnElement[bool]]:
    content = cast(column, Text)
    for person_id in sorted(person.ids):
        yield func.strpos(content, str(person_id)) > 0
    if pattern := candidate_pattern(person.values):
        form = func.normalize(content, literal_column("NFKC"))
        yield func.translate(form, INVISIBLE, "").op("~")(pattern)


def _file_holds(column: Column[Any], person: ErasureSubject) -> Iterator[ColumnElement[bool]]:
    is_small = func.octet_length(column) <= MAX_SEARCHED_BYTES
    shown = func.encode(column, "escape")
    for person_id in sorted(person.ids):
        holds_id = func.strpos(func.lower(shown), str(person_id)) > 0
        yield case((is_small, holds_id), else_=false())
    if pattern := escaped_file_pattern(sorted(person.values)):
        yield case((is_small, shown.op("~*")(pattern)), else_=false())


def _is_searched_here(column: Column[Any]) -> ColumnElement[bool]:
    """Return the condition of files that PostgreSQL cannot search: archives, UTF-16, large ones."""
    prefixes = [func.substring(column, 1, len(p)) == p for p in UNSEARCHABLE_PREFIXES]
    return or_(func.octet_length(column) > MAX_SEARCHED_BYTES, *prefixes)


async def _redact_row(
    tx: AsyncConnection, table: Table, key: ScannedRow, namesakes: Namesakes
) -> bool:
    """Redact one row; return whether anything changed."""
    query = select(*map(_raw, table.c)).where(*has_key_of(table, key))
    stored = (await tx.execute(query)).mappings().one_or_none()
    if stored is None:
        return False
    row = entry_in_clear(table, stored)
    person, columns = namesakes.person, scanned_columns(table)
    identified = _is_identified(row, columns, person)
    if not identified and await namesakes.include(_ids_of(row, columns)):
        return False
    redacted = {c: await _redacted(tx, c, row, person, identified=identified) for c in columns}
    changes = with_derived_columns(
        table, {str(c.name): value for c, value in redacted.items() if value is not None}
    )
    changes = entry_sealed(table, stored, changes)
    if not changes:
        return False
    await rewrite_row(tx, table, row, changes)
    if "id" in table.c:
        person.note_changed(row["id"])
        await index_words(tx, table, [{**row, **changes}])
    return True


def _raw(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column as it is stored: a document as JSON, not as an object."""
    if isinstance(column.type, JsonDocument):
        return type_coerce(column, JSONB).label(str(column.key))
    return column


def _is_identified(row: ScannedRow, columns: Sequence[Column[Any]], person: ErasureSubject) -> bool:
    """Return whether a row is certainly about the person: it holds an id or a requested value."""
    if not (person.ids | person.changed_ids).isdisjoint(_own_ids(row)):
        return True
    pattern = person.identifying
    return any(holds(row[column.key], pattern) for column in columns)


def _own_ids(row: ScannedRow) -> set[UUID]:
    return {value for value in row.values() if isinstance(value, UUID)}


def _ids_of(row: ScannedRow, columns: Sequence[Column[Any]]) -> set[UUID]:
    """Return the ids in a row's columns, texts, JSON and small files."""
    values = [row[column.key] for column in columns]
    texts = [text for value in values for text in texts_of(value)]
    texts += [
        value.decode(errors="ignore")
        for value in values
        if isinstance(value, bytes) and len(value) <= MAX_SEARCHED_BYTES
    ]
    return _own_ids(row) | ids_in(texts)


async def _redacted(
    tx: AsyncConnection,
    column: Column[Any],
    row: ScannedRow,
    person: ErasureSubject,
    *,
    identified: bool,
) -> Any:
    """Return the redacted value as JSON, None where nothing changes."""
    value = row[column.key]
    if value is None:
        return None
    if isinstance(value, bytes):
        content = await _redacted_bytes(tx, column, row, person)
        return "\\x" + content.hex() if content != value else None
    redacted = redact_json(value, person.values_of(identified=identified), short=identified)
    if redacted == value:
        return None
    return f"{redacted} {new_id().hex[-12:]}" if _is_unique(column) else redacted


def _is_unique(column: Column[Any]) -> bool:
    """Return whether two rows must differ in a text column: so must two redacted ones."""
    if not isinstance(column.type, String):
        return False
    indexed = (one for one in column.table.indexes if one.unique)
    return column.primary_key or any(column.name in one.columns for one in indexed)


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
