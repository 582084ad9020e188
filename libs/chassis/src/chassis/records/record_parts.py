"""The parts of a record that stand in a table of their own, such as the lines of a document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, Table, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import Entity, Row, fetch_parts, from_columns, to_columns
from chassis.records.search.record_keys import KeysOf
from chassis.records.search.words import (
    SEARCHED_PARTS,
    WORDS,
    SearchedPart,
    delete_words,
    index_words,
    searched_columns,
)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts in the field `field` of a record: dataclasses with an `id`, rows of `table`.

    `parent` is the column with the id of the record, `order` the one that parts are read by. The
    list of the records finds them by `contact_points`, the columns of numbers and mail addresses;
    `keys` make the keys under which like parts are found (`records.search.record_keys`).
    Parts that are equal are the same part, so a field that no two share is left out of comparisons.
    """

    field: str
    entity: type[Row]
    table: Table
    parent: str
    order: str
    contact_points: tuple[str, ...] = ()
    keys: tuple[tuple[str, KeysOf], ...] = ()

    def searched_resource(self, resource: str) -> str:
        """Return the name under which the parts of these records are searched."""
        return f"{resource}.{self.field}"

    def declare_search(self, resource: str, records: Table) -> None:
        """Let the words of a list of these records find the contact points of their parts."""
        if not self.contact_points:
            return
        name = self.searched_resource(resource)
        searched = searched_columns(name, self.table, (), self.contact_points, dict(self.keys))
        self.table.info[WORDS] = searched
        parent = cast(Column[UUID], self.table.c[self.parent])
        records.info[SEARCHED_PARTS] = (
            *records.info.get(SEARCHED_PARTS, ()),
            SearchedPart(searched, self.table.c.id, parent),
        )

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
            values = [self._values(record, part) for part in parts]
            await tx.execute(insert(self.table), values)
            await index_words(tx, self.table, values, new=True)

    async def save(self, tx: AsyncConnection, before: Entity, after: Entity) -> None:
        """Write the parts that differ from those before, so that the audit shows real changes only.

        They need no version of their own: whoever changes them holds the version of the record.
        """
        earlier, parts = getattr(before, self.field), getattr(after, self.field)
        kept = {part.id for part in parts}
        removed = [p.id for p in earlier if p.id not in kept and p not in parts]
        if removed:
            await tx.execute(delete(self.table).where(self.table.c.id.in_(removed)))
            if self.contact_points:
                await delete_words(tx, self.table.info[WORDS].resource, removed)
        changed = [self._values(after, part) for part in parts if part not in earlier]
        if changed:
            statement = insert(self.table)
            values = {name: statement.excluded[name] for name in changed[0]}
            keys = ["tenant_id", "id"]
            await tx.execute(
                statement.on_conflict_do_update(index_elements=keys, set_=values), changed
            )
            await index_words(tx, self.table, changed)

    def _values(self, record: Entity, part: Row) -> dict[str, Any]:
        return {self.parent: record.id, **to_columns(self.table, part)}
