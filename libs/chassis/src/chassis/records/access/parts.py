"""Sight of a record by what hangs on it: the owner of an opportunity reads its account's card."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from chassis.records.access.tables import people
from chassis.records.access.visibility import (
    ScopedResource,
    Visibility,
    granted_record_ids,
    grants_of,
    is_owned,
    related_resource,
)


def has_visible_part(
    scoped: ScopedResource, visibility: Visibility
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions by which the caller owns, or was granted, a record that hangs on a row.

    Whoever sees a part merely because they see another record does not see this one by it.
    """
    for part, column in _parts(scoped):
        of_row = part.table.c[column] == scoped.table.c["id"]
        rows = select(part.table.c.id).where(of_row, part.table.c.deleted_at.is_(None))
        rows = rows.correlate(scoped.table)
        yield rows.where(is_owned(part, visibility)).exists()
        for under in grants_of(part, visibility):
            yield rows.where(under.key.in_(granted_record_ids(under, visibility))).exists()


def owners_of_parts(scoped: ScopedResource, record_id: UUID) -> Iterator[tuple[str, Select[Any]]]:
    """Yield the resources by whose records their owners see a record, with the query of these.

    Its rows have the owner's `subject`, and `id` and `name` where the directory knows them.
    """
    for part, column in _parts(scoped):
        owner = part.owner_column
        query = select(owner.label("subject"), people.c.id, people.c.name).distinct()
        query = query.select_from(
            part.table.outerjoin(people, (people.c.subject == owner) & ~people.c.deleted)
        )
        has_owner = (part.table.c[column] == record_id, owner.is_not(None))
        yield part.resource, query.where(*has_owner, part.table.c.deleted_at.is_(None))


def _parts(scoped: ScopedResource) -> Iterator[tuple[ScopedResource, str]]:
    for resource, column in scoped.seen_by_parts:
        yield related_resource(scoped, resource), column
