"""Events without a broker: outbox rows go straight to the subscribers in the same process.

For tests, and for a machine without Kafka. It is no broker and is never offered for production.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.outbox import bucket_of
from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import ProducerRecord, RefusedRecord

RETRY_HORIZON = timedelta(minutes=2)  # longer than any rest between two automatic retries


class InProcessTransport:
    """A relay's transport to these processors; a bucket is a partition, a `seq` an offset.

    Within a bucket a lower `seq` may commit later, hence processors with `offsets_rise=False`.
    """

    def __init__(self, processors: Sequence[Processor]) -> None:
        if any(processor.monotonic_offsets for processor in processors):
            raise ValueError("a courier's processors need offsets_rise=False")
        self._processors = processors

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        """Return once every subscriber has taken every record, or parked it."""
        async with asyncio.TaskGroup() as group:
            for processor in self._processors:
                mine = [
                    ConsumerRecord(one.topic, bucket_of(one.envelope.subject), one.seq, one.value)
                    for one in records
                    if one.topic in processor.subscription.topics
                ]
                if mine:
                    group.create_task(processor.apply(mine))
        return []


async def drain_all(relays: Sequence[Relay], retriers: Sequence[Retrier] = ()) -> int:
    """Carry events around until nothing moves any more; returns how many moved."""
    total = 0
    while moved := await _once(relays, retriers):
        total += moved
    return total


async def _once(relays: Sequence[Relay], retriers: Sequence[Retrier]) -> int:
    moved = 0
    for relay in relays:
        moved += await relay.drain()
    for retrier in retriers:
        moved += await retrier.retry_due(ahead=RETRY_HORIZON)
    return moved
