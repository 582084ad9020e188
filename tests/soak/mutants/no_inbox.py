"""The inbox recognizes nothing: an event that is delivered twice takes effect twice."""

from typing import Any

MODULE = "chassis.events.consumer.inbox"
BITES = ("effects are exactly once",)


def patch(module: Any) -> None:
    record_processed = module.record_processed

    async def record_as_new(tx: Any, tenant: Any, subscription: Any, event_ids: Any) -> set[Any]:
        ids = set(event_ids)
        await record_processed(tx, tenant, subscription, ids)
        return ids

    module.record_processed = record_as_new
