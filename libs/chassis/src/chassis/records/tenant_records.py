"""Records of which a tenant has one, such as its settings: the default ones until somebody edits.

The id of such a record is the tenant's, and version 0 means that it is not stored yet.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Column, Integer, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import uncounted
from chassis.database.record_columns import record_columns
from chassis.database.rows import Row, from_columns
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.record_commands import Edit, create_record, edit_record
from chassis.records.record_types import Record, RecordType
from chassis.web.commands import Command

R = TypeVar("R", bound=Record)


def tenant_record_columns(
    entity: type[Row], *, without: Sequence[str] = ()
) -> Iterator[Column[Any]]:
    """Yield the columns that `record_columns` does; no quota counts the record."""
    yield from record_columns(entity, without=(*without, "version"))
    yield Column("version", Integer, nullable=False, info=uncounted("a tenant has one"))


async def tenant_record_of(tx: AsyncConnection, record_type: RecordType[R], *, now: datetime) -> R:
    """Return the record of the transaction's tenant; the default one if nobody has set any."""
    row = (await tx.execute(select(record_type.table))).mappings().one_or_none()
    if row is not None:
        return from_columns(record_type.entity, dict(row))
    entity: Callable[..., R] = record_type.entity
    return entity(id=transaction_tenant(), created_at=now, updated_at=now)


async def edit_tenant_record(command: Command, record_type: RecordType[R], edit: Edit[R]) -> R:
    """Apply an edit to the record of the tenant; the first one stores it.

    Raises what `edit` and `edit_record` raise.
    """
    stored = await tenant_record_of(command.tx, record_type, now=command.now)
    if stored.version == 0:
        if edit(stored) == stored:
            return stored
        command.expected.check(stored)
        await create_record(command, record_type, stored)
        command = command.unconditional
    return await edit_record(command, record_type, stored.id, edit)
