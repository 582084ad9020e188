"""The inbox: an event with a row here was processed by its subscription, and only once."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import inbox
from chassis.database.rows import is_among
from chassis.events.subscriptions import SubscriptionGeneration

# Built once: every batch executes them.
_RECORD = (
    insert(inbox)
    .from_select(
        ["tenant_id", "subscription", "generation", "event_id"],
        select(
            bindparam("of_tenant", type_=Uuid),
            bindparam("of_subscription", type_=Text),
            bindparam("of_generation", type_=Integer),
            func.unnest(bindparam("event_ids", type_=ARRAY(Uuid))),
        ),
    )
    .on_conflict_do_nothing()
    .returning(inbox.c.event_id)
)
_PROCESSED = select(inbox.c.event_id).where(
    inbox.c.tenant_id == bindparam("of_tenant"),
    inbox.c.subscription == bindparam("of_subscription"),
    inbox.c.generation == bindparam("of_generation"),
    is_among(inbox.c.event_id, "event_ids"),
)


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
    return set((await tx.execute(_RECORD, _of(tenant, subscription, ids))).scalars())


async def already_processed(
    tx: AsyncConnection,
    tenant: UUID,
    subscription: SubscriptionGeneration,
    event_ids: Iterable[UUID],
) -> set[UUID]:
    """Return those of the events that are recorded as processed."""
    values = _of(tenant, subscription, list(event_ids))
    return set((await tx.execute(_PROCESSED, values)).scalars())


def _of(
    tenant: UUID, subscription: SubscriptionGeneration, event_ids: list[UUID]
) -> dict[str, Any]:
    return {
        "of_tenant": tenant,
        "of_subscription": subscription.name,
        "of_generation": subscription.generation,
        "event_ids": event_ids,
    }
