"""What carries a relay's records away: Kafka in production, the courier without it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chassis.events.envelope import Envelope

BEHIND = "BEHIND"


class TransportFailed(Exception):
    """Some of the records may not have arrived; sending all of them again is right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProducerRecord:
    """One event, ready to send. `key` keeps those of one aggregate in order."""

    topic: str
    key: str
    value: bytes
    headers: list[tuple[str, bytes]]
    envelope: Envelope
    seq: int

    @classmethod
    def of(cls, envelope: Envelope, seq: int) -> "ProducerRecord":
        return cls(
            topic=envelope.topic,
            key=envelope.partitionkey,
            value=envelope.encode(),
            headers=envelope.headers(),
            envelope=envelope,
            seq=seq,
        )


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record that will be refused however often it is sent, or one `BEHIND` such a record."""

    record: ProducerRecord
    reason: str


class Transport(Protocol):
    """Takes records away, in order per key."""

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        """Return once every record has safely arrived, save those refused for good.

        A record of the same key as a refused one before it is not sent, but refused as `BEHIND`.
        Raises TransportFailed (or an OSError or TimeoutError): the relay sends them all again.
        """
        ...
