"""Tells people which new records an import has given them: one notice to each, not one a row."""

from typing import Final
from uuid import UUID

from sqlalchemy import Select, Text, any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.model import FAILED, Import
from chassis.files.imports.tables import import_results
from chassis.files.imports.target import RowOutcome
from chassis.records.access.visibility import ScopedResource
from chassis.records.record_types import record_type_or_none
from chassis.records.work.actions import notify
from contracts.resources import OWNER_NOTICE
from contracts.work import NoticeKind, RecordRef

IMPORTED: Final = NoticeKind(
    OWNER_NOTICE,
    zh="文件“{file_name}”的导入为您分配了 {count} 条记录。",
    en="The import of {file_name} assigned records to you (number: {count}).",
)


async def notify_owners(tx: AsyncConnection, run: Import) -> None:
    """Notify everybody but the creator who owns records that the import has created.

    The notice opens the first of them. A dry run creates none, and one that failed can be resumed:
    its owners are notified at its end.
    """
    declared = record_type_or_none(run.resource)
    scoped = None if declared is None else declared.scoped
    if run.dry_run or run.state is FAILED or not isinstance(scoped, ScopedResource):
        return
    for owner, count, first in (await tx.execute(_created_by_owner(scoped, run))).all():
        about = RecordRef(resource=run.resource, record_id=UUID(first))
        params = {"file_name": run.file_name, "count": str(count)}
        await notify(tx, IMPORTED, about, recipient=owner, params=params)


def _created_by_owner(scoped: ScopedResource, run: Import) -> Select[str, int, str]:
    """Return the query of the owners of created records, with their number and one of them.

    The records are fetched by an array of their ids: a join of tables that were just filled, about
    which PostgreSQL knows nothing yet, may compare every row with every other.
    """
    rows, owner, key = import_results.c, scoped.owner_column, scoped.table.c.id
    created = select(rows.record_id).where(
        rows.import_id == run.id, rows.outcome == RowOutcome.CREATED
    )
    return (
        select(owner, func.count(), func.min(cast(key, Text)))
        .where(
            key == any_(func.array(created.scalar_subquery(), type_=ARRAY(key.type))),
            owner.is_not(None),
            owner != run.created_by,
        )
        .group_by(owner)
        .order_by(owner)
    )
