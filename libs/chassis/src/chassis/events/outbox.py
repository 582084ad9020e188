"""The outbox: publishing inserts a row in the caller's transaction; the relay sends it to Kafka."""

from binascii import crc32
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.database.engine import PUBLISHED_KEY
from chassis.database.rows import Entity
from chassis.foundation.context import current
from contracts.event import Event, Snapshot
from kernel.errors import Invalid, Violation
from kernel.ids import new_id

BUCKETS = 16
MAX_EVENT_BYTES = 8_000_000


def bucket_of(aggregate_id: UUID) -> int:
    """Return the bucket of an aggregate: one relay at a time publishes its events, in order."""
    return crc32(aggregate_id.bytes) % BUCKETS


async def publish(tx: AsyncConnection, event: Event, *, of: Entity) -> None:
    """Publish the event of an entity just saved, when the caller's transaction commits.

    Call it after the entity's own guarded write, in the same transaction: then, for one entity,
    the order of the rows is the order of the commits.

    Raises Invalid (EVENT_TOO_LARGE) above 8 MB.
    """
    await publish_all(tx, [(event, of)])


async def publish_all(tx: AsyncConnection, events: Sequence[tuple[Event, Entity]]) -> None:
    """Publish the events of several entities just saved, in this order, as `publish` does."""
    if not events:
        return
    await tx.execute(insert(outbox), [_row(event, entity) for event, entity in events])
    tx.info[PUBLISHED_KEY] = True


def _row(event: Event, entity: Entity) -> dict[str, Any]:
    payload = event.model_dump_json().encode()
    size = len(payload)
    if size > MAX_EVENT_BYTES:
        raise Invalid([Violation("", "EVENT_TOO_LARGE", {"bytes": size, "limit": MAX_EVENT_BYTES})])
    context = current()
    return {
        "bucket": bucket_of(entity.id),
        "id": new_id(),
        "aggregatetype": event.aggregate_type(),
        "aggregateid": entity.id,
        "aggversion": entity.version,
        "snapshot_id": event.snapshot_id if isinstance(event, Snapshot) else None,
        "type": event.type,
        "payload": orjson.Fragment(payload),
        "correlationid": context.correlation_id or context.request_id,
        "causationid": context.causation_id or context.request_id,
        "actor": context.actor,
        "traceparent": context.traceparent,
    }
