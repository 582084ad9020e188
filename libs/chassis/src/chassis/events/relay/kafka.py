"""Sends records to Kafka: a page is in flight at once, and every acknowledgement is awaited."""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidMessageError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
)

from chassis.events.relay.transport import BEHIND, ProducerRecord, RefusedRecord, TransportFailed
from contracts.topics import MAX_MESSAGE_BYTES

PERMANENT_ERRORS = (MessageSizeTooLargeError, RecordListTooLargeError, InvalidMessageError)
BATCH_BYTES = 65_536
SEND_SECONDS = 30.0
REQUESTS_PER_SEND = 3  # how often a request without an answer is tried
STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


class KafkaTransport:
    """Sends with an idempotent producer, and replaces the producer after every failure.

    The producer keeps the order of a partition through all retries, but it never gives up on a
    batch. So the timeout is applied here, and a producer that exceeds it is dropped with its
    unsent batches.
    """

    def __init__(self, bootstrap: str, *, name: str, timeout: float = SEND_SECONDS) -> None:
        self._bootstrap = bootstrap
        self._name = name
        self._timeout = timeout
        self._producer: AIOKafkaProducer | None = None
        self._one_by_one = False

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        """Send and wait for all acknowledgements; returns what the broker refuses permanently.

        Raises TransportFailed.
        """
        try:
            async with asyncio.timeout(self._timeout):
                refused = await self._send_all(records)
        except PERMANENT_ERRORS as error:
            # The error is that of a whole batch; sending one by one shows the refused record.
            self._one_by_one = True
            await self._abandon()
            raise TransportFailed(f"A batch was refused: {error!r}") from error
        except (KafkaError, OSError, TimeoutError) as error:
            await self._abandon()
            raise TransportFailed(repr(error)) from error
        except asyncio.CancelledError:
            await self._abandon()
            raise
        self._one_by_one = False
        return refused

    async def close(self) -> None:
        """Close the producer; nothing is in flight between two calls of `send`."""
        producer, self._producer = self._producer, None
        if producer is not None:
            async with asyncio.timeout(STOP_SECONDS):
                await producer.stop()

    async def _send_all(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        refused: list[RefusedRecord] = []
        refused_keys: set[str] = set()
        in_flight: list[asyncio.Future[object]] = []
        for record in records:
            if record.key in refused_keys:
                refused.append(RefusedRecord(record, BEHIND))
            elif self._one_by_one or len(record.value) > BATCH_BYTES:
                await _wait_for_acks(in_flight)
                in_flight.clear()
                refusal = await self._send_alone(record)
                if refusal:
                    refused.append(refusal)
                    refused_keys.add(record.key)
            else:
                in_flight.append(await self._start_sending(record))
        await _wait_for_acks(in_flight)
        return refused

    async def _send_alone(self, record: ProducerRecord) -> RefusedRecord | None:
        """Send one record with nothing else in flight, so that a refusal is certainly its own.

        A refused batch leaves a gap in the producer's sequence numbers, hence a new producer.
        """
        try:
            await (await self._start_sending(record))
        except PERMANENT_ERRORS as error:
            await self._abandon()
            return RefusedRecord(record, repr(error))
        return None

    async def _start_sending(self, record: ProducerRecord) -> asyncio.Future[object]:
        producer = self._producer or await self._start()
        sending: asyncio.Future[object] = await producer.send(
            record.topic, record.value, key=record.key.encode(), headers=record.headers
        )
        return sending

    async def _start(self) -> AIOKafkaProducer:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._name,
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_request_size=MAX_MESSAGE_BYTES,
            max_batch_size=BATCH_BYTES,
            linger_ms=0,
            request_timeout_ms=int(self._timeout * 1000 / REQUESTS_PER_SEND),
        )
        await self._producer.start()
        return self._producer

    async def _abandon(self) -> None:
        """Drop the producer with its unsent batches; its own `stop` would wait for the broker.

        Closes the sender before the client: requests of the sender end with the client's answers
        or timeouts, and would wait forever for a client that is closed.
        """
        producer, self._producer = self._producer, None
        if producer is None:
            return
        producer._closed = True  # noqa: SLF001  # else it warns that it was not stopped
        try:
            async with asyncio.timeout(self._timeout):
                await producer._sender.close()  # noqa: SLF001  # ends its task without flushing
        except TimeoutError:
            log.warning("producer_close_timed_out")
        finally:
            await producer.client.close()


async def _wait_for_acks(in_flight: Sequence[asyncio.Future[object]]) -> None:
    """Wait for every acknowledgement, then raise the first error."""
    if not in_flight:
        return
    await asyncio.wait(in_flight)
    for error in [future.exception() for future in in_flight]:
        if error is not None:
            raise error
