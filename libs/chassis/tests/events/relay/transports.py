"""Test transports: they record what they deliver, and fail or refuse on demand."""

import asyncio
import random
from collections.abc import Callable, Sequence

from chassis.events.relay.transport import BEHIND, ProducerRecord, RefusedRecord, TransportFailed


class RecordingTransport:
    """Delivers every record, except those that `refuse_if` selects."""

    def __init__(self) -> None:
        self.delivered: list[ProducerRecord] = []
        self.refuse_if: Callable[[ProducerRecord], bool] = lambda _: False

    @property
    def seqs(self) -> list[int]:
        return [record.seq for record in self.delivered]

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        refused_keys: set[str] = set()
        refused = []
        for record in records:
            if record.key in refused_keys:
                refused.append(RefusedRecord(record, BEHIND))
            elif self.refuse_if(record):
                refused_keys.add(record.key)
                refused.append(RefusedRecord(record, "too large"))
            else:
                self.delivered.append(record)
        return refused


class CrashingTransport(RecordingTransport):
    """Sometimes fails after it delivered the records: the acknowledgements were lost."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)
        self.crashes = 0

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        await asyncio.sleep(self._random.random() * 0.005)
        refused = await super().send(records)
        if self._random.random() < 0.05:
            self.crashes += 1
            raise TransportFailed("the acknowledgements were lost")
        return refused
