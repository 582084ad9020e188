"""Allocations lock nothing and overwrite whatever version they find: one of two is forgotten."""

from dataclasses import replace
from importlib import import_module
from typing import Any

from sqlalchemy import select, update

MODULE = "rms.payments.actions.allocations"
BITES = ("rms: allocations add up", "rms: money balances")
TABLES = ("payments", "receivables")


def patch(module: Any) -> None:
    from chassis.database.rows import from_columns, to_columns

    record_types: Any = import_module("chassis.records.record_types")
    open_receivables: Any = import_module("rms.payments.store.open_receivables")
    get, update_row = record_types.RecordType.get, record_types.update_row

    async def lock_nothing(tx: Any, payment_id: Any) -> None:
        await tx.execute(select(1))

    async def get_unlocked(self: Any, tx: Any, record_id: Any, **options: Any) -> Any:
        if self.table.name in TABLES:
            options["lock"] = False
        return await get(self, tx, record_id, **options)

    async def read_receivables(tx: Any, ids: Any, *_: Any) -> Any:
        query = open_receivables._open_receivables(open_receivables.receivables.c.id.in_(ids))
        rows = await tx.execute(query)
        kind = open_receivables.OpenReceivable
        return {row.id: from_columns(kind, row._mapping) for row in rows}

    async def overwrite(tx: Any, table: Any, entity: Any, *, before: Any = None) -> Any:
        if table.name not in TABLES:
            return await update_row(tx, table, entity, before=before)
        values = {**to_columns(table, entity), "version": table.c.version + 1}
        statement = update(table).where(table.c.id == entity.id).values(values)
        version = await tx.scalar(statement.returning(table.c.version))
        return replace(entity, version=version)

    module.lock_account_of_payment = lock_nothing
    module.lock_receivables = open_receivables.lock_receivables = read_receivables
    record_types.RecordType.get = get_unlocked
    record_types.update_row = overwrite
