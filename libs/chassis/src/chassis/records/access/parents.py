"""Parts of a deleted record: a contact of a deleted account stays as it is.

A resource declares the record that its own are parts of (`ScopedResource.part_of`). While that is
deleted, its parts are read but not edited, moved, transferred, shared, named by external ids or
restored; restoring it frees them. What takes away remains possible, since nothing depends on it:
deleting a part, ending a share. So do facts that other services report, such as the order that
wins an opportunity.

Documents (quotes, orders, receivables, payments) are no parts: what was promised or is owed remains
after the customer's card or the opportunity is deleted, and has to be fulfilled and settled.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.named_tables import find_named_table
from chassis.records.access.visibility import ScopedResource, UnownedResource
from kernel.errors import RuleBroken


async def ensure_parent(
    tx: AsyncConnection,
    scoped: ScopedResource | UnownedResource,
    record_id: UUID,
    *,
    lock: bool = False,
) -> None:
    """Refuse the change of a part of a deleted record; `lock` keeps that one from being deleted.

    Raises RuleBroken (`<NAME>_DELETED` with the name of the parent's resource).
    """
    if isinstance(scoped, UnownedResource) or scoped.part_of is None:
        return
    resource, column = scoped.part_of
    named = find_named_table(scoped.resource.partition(".")[0], resource)
    assert named is not None, "a service reads the parents of its records"
    child, parent = scoped.table.c, named.table.c
    query = (
        select(parent.deleted_at)
        .join(scoped.table, child[column] == parent.id)
        .where(child.id == record_id)
    )
    if lock:
        query = query.with_for_update(read=True, of=named.table)
    if (await tx.execute(query)).scalar_one_or_none() is not None:
        raise RuleBroken(f"{resource.partition('.')[2].upper()}_DELETED")
