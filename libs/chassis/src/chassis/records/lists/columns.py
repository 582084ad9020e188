"""Generated columns that lists sort and compare by, and the values that stand for null in them."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Computed, Date, DateTime, Double, Table
from sqlalchemy.types import TypeEngine

from chassis.database.encryption.columns import DIGEST_OF, DIGEST_SUFFIX

SORT_SUFFIX = "_sort"
# asyncpg reads and writes PostgreSQL's 'infinity' as Python's last day and instant, so that rows
# without a date are sorted last.
LAST_DAY, LAST_INSTANT = date.max, datetime.max.replace(tzinfo=UTC)
NO_AMOUNT = -1e300  # less than every amount; cursors are JSON, which has no infinity


def sort_column(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    """Return the generated column `due_date_sort` of `due_date`, or `amount_sort` of `amount`.

    The database generates it, and it is never null, because keyset pages need NOT NULL columns.
    Money becomes double precision: under row-level security only leakproof operators use an index,
    and those of numeric are not leakproof.
    """
    return Column(
        name + SORT_SUFFIX, kind, Computed(_generated(name, kind), persisted=True), nullable=False
    )


def _generated(name: str, kind: TypeEngine[Any]) -> str:
    if isinstance(kind, Date):
        return f"COALESCE({name}, 'infinity'::date)"
    if isinstance(kind, DateTime):
        return f"COALESCE({name}, 'infinity'::timestamp with time zone)"
    if isinstance(kind, Double):
        return f"COALESCE({name}::double precision, '-1e+300'::double precision)"
    return f"COALESCE({name}, ''::text)"


def comparable_column(table: Table, name: str) -> Column[Any]:
    """Return the column that a field is compared by: a generated column, its digest, or itself."""
    generated: Column[Any] | None = table.c.get(name + SORT_SUFFIX)
    digest: Column[Any] | None = table.c.get(name + DIGEST_SUFFIX)
    if digest is not None and DIGEST_OF in digest.info:
        return digest
    return table.c[name] if generated is None else generated


def field_column(table: Table, name: str) -> Column[Any]:
    """Return the column of a field; of one that has only a digest, such as `phone_tail`, that."""
    column: Column[Any] | None = table.c.get(name)
    return comparable_column(table, name) if column is None else column


def spelling_of(column: Column[Any]) -> str | None:
    """Return the kind of personal data that a column, or the field of a whole digest, holds."""
    source = column.info.get(DIGEST_OF)
    if source is None:
        kind: str | None = column.info.get("personal")
        return kind
    return spelling_of(column.table.c[source.field]) if source.form is None else None


def null_stand_in(column: Column[Any]) -> Any:
    """Return the value that stands for null in a generated column; None for other columns."""
    if column.computed is None:
        return None
    if isinstance(column.type, Date):
        return LAST_DAY
    if isinstance(column.type, DateTime):
        return LAST_INSTANT
    return NO_AMOUNT if isinstance(column.type, Double) else ""
