"""Values of encrypted fields in filled tables: SQL has no key, so their digests are made here."""

from typing import Any

from sqlalchemy import Column

from chassis.database.encryption.columns import DIGEST_OF, KeyedDigest
from chassis.database.encryption.sealing import digest
from chassis.records.lists.columns import spelling_of
from chassis.records.lists.filters import EMAIL, PHONE

DISTINCT = 499  # a prime, so that values do not repeat in step with the owners of rows


def _texts(column: Column[Any]) -> list[str]:
    """Return the texts whose digests fill a column."""
    shapes = {PHONE: "+86138{:08}", EMAIL: "person{}@example.com"}
    shape = shapes.get(spelling_of(column) or "", "{:04}")
    return [shape.format(number) for number in range(DISTINCT)]


def digested_texts(column: Column[Any]) -> list[str]:
    """Return three texts that a column of digests holds; none for another column."""
    return _texts(column)[:3] if DIGEST_OF in column.info else []


def digests_sql(column: Column[Any]) -> str:
    """Return the SQL of the n-th row's digest, for the transaction's tenant."""
    assert isinstance(column.type, KeyedDigest)
    place = column.type.place
    digests = ", ".join(f"'\\x{digest(text, place).hex()}'::bytea" for text in _texts(column))
    return f"(ARRAY[{digests}])[1 + n % {DISTINCT}]"
