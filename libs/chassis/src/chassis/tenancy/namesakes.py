"""Finds rows about other records that bear the same name, phone or email as a person to erase.

Such a row is about somebody else: it keeps its values. Only the service's own records are known.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Column, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

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
            found = [one for table in self.tables for one in await self._bearers(table, unknown)]
            self.known.update(dict.fromkeys(unknown, False) | dict.fromkeys(found, True))
        return any(self.known.get(one, False) for one in ids)

    async def _bearers(self, table: Table, ids: set[UUID]) -> list[UUID]:
        marked = personal_columns(table, *BORNE_KINDS)
        labels = [column for column in table.c if column.name == "name" and column not in marked]
        if "id" not in table.c or not (marked or labels):
            return []
        mine = RowPage(table, None, None).within()
        query = select(table.c.id, *marked, *labels).where(*mine, table.c.id.in_(sorted(ids)))
        rows = (await self.tx.execute(query)).mappings()
        return [
            row["id"]
            for row in rows
            if any(self._bears(column, row[column.key]) for column in (*marked, *labels))
        ]

    def _bears(self, column: Column[str], value: object) -> bool:
        """Return whether a record's own name or contact data holds a value of the person."""
        if not isinstance(value, str):
            return False
        if "personal" in column.info:
            return names_person(value, text_pattern(self.person.found_values))
        short = {one for one in self.person.found_values if len(one) < MIN_DISTINCT_NAME}
        whole = comparable_name(value) in {comparable_name(one) for one in short}
        return not whole and names_person(value, text_pattern(short))
