"""Keys under which a record is stored so that others like it are found: `Listing(keys=...)`.

A function makes the keys of a column's value, such as the keys of a company's name. They stand in
the search index as digests, so that no word of a search is found in them.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_among
from chassis.records.search.spelling import KEY_MARK, digest_letters
from chassis.records.search.tables import search_grams

KeysOf = Callable[[Any], Iterable[str]]
KEY_BYTES = 8


def key_lines(columns: Sequence[tuple[str, KeysOf]], row: Any) -> Iterator[str]:
    """Yield the lines of a row's keys, each of them once."""
    keys = {key for name, keys_of in columns if row[name] for key in keys_of(row[name])}
    yield from sorted(map(_line, keys))


def key_grams(keys: Iterable[str]) -> list[str]:
    """Return keys as they stand in the index, the values of a parameter of `ids_with_keys`."""
    return sorted(map(_line, keys))


def ids_with_keys(resource: str, parameter: str, *, limit: int) -> Select[UUID]:
    """Return a query for the records of a resource that share a key, those with the most first.

    Its array parameter holds what `key_grams` returns, so that the statement is built once.
    """
    grams = search_grams.c
    query = select(grams.id).where(grams.resource == resource, is_among(grams.gram, parameter))
    best = query.group_by(grams.id).order_by(func.count().desc(), grams.id.desc())
    return best.limit(limit)


async def find_with_keys(
    tx: AsyncConnection, resource: str, keys: Iterable[str], *, limit: int
) -> Sequence[UUID]:
    """Return the ids of the records of a resource that share a key, those with the most first."""
    query = ids_with_keys(resource, "grams", limit=limit)
    return (await tx.execute(query, {"grams": key_grams(keys)})).scalars().all()


def has_key(resource: str, record_id: Column[UUID], key: str) -> ColumnElement[bool]:
    """Return the condition that a record of a resource is stored under a key."""
    grams = search_grams.c
    return exists().where(
        grams.resource == resource, grams.gram == _line(key), grams.id == record_id
    )


def _line(key: str) -> str:
    digest = hashlib.blake2b(key.encode(), digest_size=KEY_BYTES)
    return KEY_MARK + digest_letters(digest.digest())
