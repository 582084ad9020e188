"""The parts of a record that stand in a table of their own, such as the lines of a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, Table, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import Entity, Row, fetch_parts, from_columns, to_columns


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts in the field `field` of a record: dataclasses with an `id`, rows of `table`.

    `parent` is the column with the id of the record, `order` the one that parts are read by.
    """

    field: str
    entity: type[Row]
    table: Table
    parent: str
    order: str

    async def of(
        self, tx: AsyncConnection, record_ids: Sequence[UUID]
    ) -> Mapping[UUID, tuple[Any, ...]]:
        """Read the parts of these records, by record; a record without any is left out."""
        columns = self.table.c
        parent = cast(Column[UUID], columns[self.parent])
        rows = await fetch_parts(tx, parent, record_ids, columns[self.order])
        return {
            record_id: tuple(from_columns(self.entity, part) for part in parts)
            for record_id, parts in rows.items()
        }

    async def add(self, tx: AsyncConnection, record: Entity) -> None:
        """Insert all parts of a new record."""
        parts = getattr(record, self.field)
        if parts:
            await tx.execute(insert(self.table), [self._values(record, part) for part in parts])

    async def save(self, tx: AsyncConnection, before: Entity, after: Entity) -> None:
        """Write the parts that differ from those before, so that the audit shows real changes only.

        They need no version of their own: whoever changes them holds the version of the record.
        """
        earlier, parts = getattr(before, self.field), getattr(after, self.field)
        kept = {part.id for part in parts}
        removed = [part.id for part in earlier if part.id not in kept]
        if removed:
            await tx.execute(delete(self.table).where(self.table.c.id.in_(removed)))
        changed = [self._values(after, part) for part in parts if part not in earlier]
        if changed:
            statement = insert(self.table)
            values = {name: statement.excluded[name] for name in changed[0]}
            keys = ["tenant_id", "id"]
            await tx.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=values), changed
            )

    def _values(self, record: Entity, part: Row) -> dict[str, Any]:
        return {self.parent: record.id, **to_columns(self.table, part)}
