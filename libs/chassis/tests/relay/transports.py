"""Transports for these tests: they keep what arrives, and fail or refuse when told to."""

import asyncio
import random
from collections.abc import Callable, Sequence

from chassis.events.relay.transport import BEHIND, ProducerRecord, RefusedRecord, TransportFailed


class Recorder:
    """Takes every record, except those it is told to refuse."""

    def __init__(self) -> None:
        self.arrived: list[ProducerRecord] = []
        self.refuses: Callable[[ProducerRecord], bool] = lambda _: False

    @property
    def seqs(self) -> list[int]:
        return [record.seq for record in self.arrived]

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        blocked: set[str] = set()
        refusals = []
        for record in records:
            if record.key in blocked:
                refusals.append(RefusedRecord(record, BEHIND))
            elif self.refuses(record):
                blocked.add(record.key)
                refusals.append(RefusedRecord(record, "too large"))
            else:
                self.arrived.append(record)
        return refusals


class Crashing(Recorder):
    """Now and then takes the records and then fails: the acknowledgements were lost."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._random = random.Random(seed)
        self.crashes = 0

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        await asyncio.sleep(self._random.random() * 0.005)
        refusals = await super().send(records)
        if self._random.random() < 0.05:
            self.crashes += 1
            raise TransportFailed("the acknowledgements were lost")
        return refusals
