"""What delivers a relay's records: Kafka in production, the courier in a single process."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chassis.events.envelope import Envelope

BEHIND = "BEHIND"  # the reason of a record that follows a refused one of the same key


class TransportFailed(Exception):
    """Some of the records may not have been delivered; all of them must be sent again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProducerRecord:
    """One event, ready to send. `key` keeps the events of one aggregate in order."""

    topic: str
    key: str
    value: bytes
    headers: list[tuple[str, bytes]]
    envelope: Envelope
    seq: int

    @classmethod
    def of(cls, envelope: Envelope, seq: int) -> "ProducerRecord":
        """Return the record of an event; `seq` is its number in the outbox."""
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
    """A record that is refused however often it is sent, or one `BEHIND` such a record."""

    record: ProducerRecord
    reason: str


class Transport(Protocol):
    """Delivers records, in order per key."""

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        """Return once every record is delivered, except those refused permanently.

        A record that follows a refused one of the same key is not sent, but refused as `BEHIND`.
        Raises TransportFailed (or an OSError or TimeoutError): the relay sends them all again.
        """
        ...
