"""The consumer commits its offsets before the database: what it was doing when killed is lost."""

from typing import Any

MODULE = "chassis.events.consumer.consumer"
BITES = ("effects are exactly once", "replicas equal their sources")


def patch(module: Any) -> None:
    async def consume(self: Any, consumer: Any, stop: Any) -> None:
        max_records = module.POLL_RECORDS[self._subscription.kind]
        while not stop.is_set():
            batches = await consumer.getmany(timeout_ms=module.POLL_MS, max_records=max_records)
            if batches:
                await self._commit(consumer, batches)
                await self._processor.apply(module._records(batches))
                self._progressed()

    module.Consumer._consume = consume
