"""A record is saved in one transaction, and its event is published in the next one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

MODULE = "chassis.events.outbox"
BITES = ("versions are gapless", "nothing is stuck")
KEY = "soak.unpublished"


def patch(module: Any) -> None:
    from chassis.database.engine import Database

    begin = Database.begin

    async def remember_all(tx: Any, events: Any) -> None:
        rows = [module._row(event, entity) for event, entity in events]
        tx.info.setdefault(KEY, []).extend(rows)

    @asynccontextmanager
    async def begin_and_publish_later(
        self: Any, tenant: Any, *, snapshot: bool = False
    ) -> AsyncIterator[Any]:
        async with begin(self, tenant, snapshot=snapshot) as tx:
            tx.info.pop(KEY, None)
            yield tx
            rows = tx.info.pop(KEY, [])
        if rows:
            async with begin(self, tenant) as later:
                await later.execute(module.insert(module.outbox), rows)
                later.info[module.PUBLISHED_KEY] = True

    module.publish_all = remember_all
    Database.begin = begin_and_publish_later  # type: ignore[method-assign]
