"""Writers that make readers of the outbox lose or reorder events, unless these read snapshots.

They take their transaction id early and touch the notes late, in savepoints, some rolled back; one
keeps its transaction open for seconds.
"""

import asyncio
import random
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from testkit.notes import rewrite


@asynccontextmanager
async def rolled_back(tx: AsyncConnection) -> Any:
    savepoint = await tx.begin_nested()
    yield
    await savepoint.rollback()


async def write_hostilely(
    app: Database, tenant: UUID, ids: list[UUID], stop: asyncio.Event, seed: int
) -> None:
    chance = random.Random(seed)
    while not stop.is_set():
        async with app.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            raw.driver_connection.tenant = tenant  # type: ignore[union-attr]
            outer = await connection.begin()
            await connection.execute(text("SELECT pg_current_xact_id()"))  # the id, early
            await asyncio.sleep(chance.choice([0, 0, 0, 0.002, 0.02]))
            for note in sorted(chance.sample(ids, 2)):
                if chance.random() < 0.1:
                    async with rolled_back(connection):
                        await rewrite(connection, note, "undone")
                async with connection.begin_nested():
                    await rewrite(connection, note, "written")
            await (outer.rollback() if chance.random() < 0.1 else outer.commit())


async def stay_open(app: Database, tenant: UUID, note: UUID, stop: asyncio.Event) -> None:
    while not stop.is_set():
        async with app.begin(tenant) as tx:
            await tx.execute(text("SELECT pg_current_xact_id()"))
            await asyncio.sleep(3)
            await rewrite(tx, note, "late")
