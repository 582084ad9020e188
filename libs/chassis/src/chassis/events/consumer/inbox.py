"""Receipts: an event with a row here was taken over by its subscription, and is so only once."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Text, Uuid, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import inbox
from chassis.events.subscriptions import SubscriptionGeneration


async def record_processed(
    tx: AsyncConnection, tenant: UUID, reader: SubscriptionGeneration, event_ids: Iterable[UUID]
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


async def already_processed(
    tx: AsyncConnection, tenant: UUID, reader: SubscriptionGeneration, event_ids: Iterable[UUID]
) -> set[UUID]:
    """Those of the events that are signed for."""
    known = select(inbox.c.event_id).where(
        inbox.c.tenant_id == tenant,
        inbox.c.subscription == reader.name,
        inbox.c.generation == reader.generation,
        inbox.c.event_id == any_(cast(list(event_ids), ARRAY(Uuid))),
    )
    return set((await tx.execute(known)).scalars())
