"""For migrations: rows that were there before their list had words are found by them too."""

from collections.abc import Iterator, Sequence
from typing import Any

from alembic import op
from sqlalchemy import Connection, Row, text

from chassis.records.search.spelling import grams_of, searched_text

SIZE = 500
_TEXTS = text(
    "INSERT INTO search_texts (tenant_id, resource, id, text)"
    " VALUES (:tenant_id, :resource, :id, :text) ON CONFLICT DO NOTHING"
)
_GRAMS = text(
    "INSERT INTO search_grams (tenant_id, resource, gram, id)"
    " VALUES (:tenant_id, :resource, :gram, :id) ON CONFLICT DO NOTHING"
)


def give_words(table: str, *, resource: str, columns: Sequence[str]) -> None:
    """Let the rows of a table, of all tenants, be found by these columns; as the table's owner."""
    bind = op.get_bind()
    for rows in _pages(bind, table, columns):
        told = [
            {
                "tenant_id": row.tenant_id,
                "resource": resource,
                "id": row.id,
                "text": searched_text(row._mapping[name] for name in columns),
            }
            for row in rows
            if any(row._mapping[name] for name in columns)
        ]
        if not told:
            continue
        grams = [{**one, "gram": gram} for one in told for gram in sorted(grams_of(one["text"]))]
        bind.execute(_TEXTS, told)
        if grams:
            bind.execute(_GRAMS, grams)


def _pages(bind: Connection, table: str, columns: Sequence[str]) -> Iterator[Sequence[Row[Any]]]:
    names = ", ".join(("tenant_id", "id", *columns))
    after = "(tenant_id, id) > (CAST(:tenant_id AS uuid), CAST(:id AS uuid))"
    query = text(
        f"SELECT {names} FROM {table} WHERE {after}"  # noqa: S608  # names of our own
        f" ORDER BY tenant_id, id LIMIT {SIZE}"
    )
    last = {"tenant_id": "0" * 32, "id": "0" * 32}
    while rows := bind.execute(query, last).all():
        yield rows
        last = {"tenant_id": str(rows[-1].tenant_id), "id": str(rows[-1].id)}
