"""The inbox: an event with a row here was processed by its subscription, and only once."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Text, Uuid, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import inbox
from chassis.database.rows import is_one_of
from chassis.events.subscriptions import SubscriptionGeneration


async def record_processed(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    event_ids: Iterable[UUID],
) -> set[UUID]:
    """Record these events as processed; returns the new ones.

    Two transactions that record the same event wait for each other here; ids are sorted, so that
    they cannot deadlock.
    """
    ids = sorted(event_ids)
    if not ids:
        return set()
    rows = select(
        literal(tenant, Uuid),
        literal(subscription.name, Text),
        literal(subscription.generation),
        func.unnest(cast(ids, ARRAY(Uuid))),
    )
    columns = ["tenant_id", "subscription", "generation", "event_id"]
    statement = insert(inbox).from_select(columns, rows).on_conflict_do_nothing()
    return set((await tx.execute(statement.returning(inbox.c.event_id))).scalars())


async def already_processed(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    event_ids: Iterable[UUID],
) -> set[UUID]:
    """Return those of the events that are recorded as processed."""
    processed = select(inbox.c.event_id).where(
        inbox.c.tenant_id == tenant,
        inbox.c.subscription == subscription.name,
        inbox.c.generation == subscription.generation,
        is_one_of(inbox.c.event_id, event_ids),
    )
    return set((await tx.execute(processed)).scalars())
