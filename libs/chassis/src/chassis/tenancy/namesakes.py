"""Finds rows about other records that bear the same name, phone or email as a person to erase.

Such a row is about somebody else: it keeps its values. Only the service's own records are known.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, Uuid, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.columns import is_encrypted
from chassis.tenancy.personal_data_map import BORNE_KINDS, personal_columns
from chassis.tenancy.personal_patterns import names_person, text_pattern
from chassis.tenancy.redaction import ErasureSubject
from chassis.tenancy.row_pages import RowPage
from kernel.names import comparable_name

# A name of two characters is also a part of longer names: 王芳 of 王芳菲, 长江 of 长江实业.
MIN_DISTINCT_NAME = 3
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def ids_in(texts: Iterable[str]) -> set[UUID]:
    """Return the ids that texts contain."""
    return {UUID(one) for text in texts for one in _UUID.findall(text)}


def _own_names(tables: Sequence[Table]) -> Iterator[tuple[Column[Any], bool]]:
    """Yield the columns by which records are called, and whether they hold personal data."""
    for table in tables:
        if "id" in table.c and isinstance(table.c.id.type, Uuid):
            marked = {column.name: column for column in personal_columns(table, *BORNE_KINDS)}
            labels = {column.name: column for column in table.c if column.name == "name"}
            for name, column in (labels | marked).items():
                yield column, name in marked


@dataclass
class Namesakes:
    """Tells which ids of a service's tables belong to others who bear the person's values."""

    tx: AsyncConnection
    tables: Sequence[Table]
    person: ErasureSubject
    known: dict[UUID, bool] = field(default_factory=dict)

    async def include(self, ids: set[UUID]) -> bool:
        """Return whether one of these ids is that of another bearer."""
        unknown = ids - self.known.keys() - self.person.ids
        if unknown:
            found = await self._bearers(unknown)
            self.known.update(dict.fromkeys(unknown, False) | dict.fromkeys(found, True))
        return any(self.known.get(one, False) for one in ids)

    async def _bearers(self, ids: set[UUID]) -> list[UUID]:
        queries = [
            (
                is_encrypted(column),
                select(column.table.c.id, column.label("value"), literal(is_marked).label("marked"))
                .where(*RowPage(column.table, None, None).within())
                .where(column.table.c.id.in_(sorted(ids)), column.is_not(None)),
            )
            for column, is_marked in _own_names(self.tables)
        ]
        clear = [query for encrypted, query in queries if not encrypted]
        # Each encrypted column is decrypted by its own type, so it is read by a query of its own.
        statements: list[Any] = [query for encrypted, query in queries if encrypted]
        statements += [union_all(*clear)] if clear else []
        rows = [row for one in statements for row in await self.tx.execute(one)]
        return [row.id for row in rows if self._bears(row.value, marked=row.marked)]

    def _bears(self, value: str, *, marked: bool) -> bool:
        """Return whether a record's own name or contact data holds a value of the person."""
        if marked:
            return names_person(value, text_pattern(self.person.found_values))
        short = {one for one in self.person.found_values if len(one) < MIN_DISTINCT_NAME}
        whole = comparable_name(value) in {comparable_name(one) for one in short}
        return not whole and names_person(value, text_pattern(short))
