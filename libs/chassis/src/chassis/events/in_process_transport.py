"""Events without a broker: outbox rows go straight to the subscribers in the same process.

Operators know it as the courier. It is for tests and for a machine without Kafka, never for
production.
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

RETRY_HORIZON = timedelta(minutes=2)  # longer than any pause between two automatic retries


class InProcessTransport:
    """Delivers a relay's records to these processors; a bucket is a partition, a `seq` an offset.

    Within a bucket a lower `seq` may commit later, hence processors with
    `monotonic_offsets=False`.
    """

    def __init__(self, processors: Sequence[Processor]) -> None:
        if any(processor.monotonic_offsets for processor in processors):
            raise ValueError("a courier's processors need monotonic_offsets=False")
        self._processors = processors

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        """Return once every subscriber has processed or parked every record."""
        async with asyncio.TaskGroup() as group:
            for processor in self._processors:
                subscribed = [
                    ConsumerRecord(one.topic, bucket_of(one.envelope.subject), one.seq, one.value)
                    for one in records
                    if one.topic in processor.subscription.topics
                ]
                if subscribed:
                    group.create_task(processor.apply(subscribed))
        return []


async def drain_all(relays: Sequence[Relay], retriers: Sequence[Retrier] = ()) -> int:
    """Publish, consume and retry until no event is left; returns how many were handled."""
    total = 0
    while handled := await _drain_once(relays, retriers):
        total += handled
    return total


async def _drain_once(relays: Sequence[Relay], retriers: Sequence[Retrier]) -> int:
    handled = 0
    for relay in relays:
        handled += await relay.drain()
    for retrier in retriers:
        handled += await retrier.retry_due(ahead=RETRY_HORIZON)
    return handled
