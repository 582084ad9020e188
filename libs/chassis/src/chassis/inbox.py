"""Receipts: an event with a row here was taken over by its subscription, and is so only once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, cast, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis import clock
from chassis.db import Database
from chassis.subscriptions import Reader
from chassis.tables import inbox
from chassis.timers import Timer

KEPT = timedelta(days=35)  # as long as the brokers keep a group's offsets


async def receive(
    tx: AsyncConnection, tenant: UUID, reader: Reader, event_ids: Iterable[UUID]
) -> set[UUID]:
    """Sign for these events; returns the new ones.

    Two transactions that receive the same event wait for each other here; ids are sorted, so that
    they cannot deadlock.
    """
    ids = sorted(event_ids)
    if not ids:
        return set()
    new = select(
        literal(tenant, Uuid),
        literal(reader.name, Text),
        literal(reader.generation),
        func.unnest(cast(ids, ARRAY(Uuid))),
    )
    columns = ["tenant_id", "subscription", "generation", "event_id"]
    statement = insert(inbox).from_select(columns, new).on_conflict_do_nothing()
    return set((await tx.execute(statement.returning(inbox.c.event_id))).scalars())


async def received(
    tx: AsyncConnection, tenant: UUID, reader: Reader, event_ids: Iterable[UUID]
) -> set[UUID]:
    """Those of the events that are signed for."""
    known = select(inbox.c.event_id).where(
        inbox.c.tenant_id == tenant,
        inbox.c.subscription == reader.name,
        inbox.c.generation == reader.generation,
        inbox.c.event_id == any_(cast(list(event_ids), ARRAY(Uuid))),
    )
    return set((await tx.execute(known)).scalars())


async def prune(tx: AsyncConnection, before: datetime, *, limit: int = 5_000) -> int:
    """As the worker, delete some of the receipts older than this; returns how many."""
    old = select(inbox.c.tenant_id, inbox.c.subscription, inbox.c.generation, inbox.c.event_id)
    some = old.where(inbox.c.received_at < before).limit(limit).cte("old")
    statement = delete(inbox).where(
        inbox.c.tenant_id == some.c.tenant_id,
        inbox.c.subscription == some.c.subscription,
        inbox.c.generation == some.c.generation,
        inbox.c.event_id == some.c.event_id,
    )
    return (await tx.execute(statement)).rowcount


async def _prune_all(database: Database) -> None:
    some = True
    while some:
        async with database.begin(None) as tx:
            some = await prune(tx, clock.now() - KEPT) > 0


PRUNING = Timer("inbox.prune", timedelta(hours=1), _prune_all)
