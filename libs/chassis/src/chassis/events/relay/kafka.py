"""Records to Kafka: every send of a page in flight at once, every acknowledgement awaited."""

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
REQUESTS_PER_SEND = 3  # a request that gets no answer is repeated so often
STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


class KafkaTransport:
    """An idempotent producer that is made anew after every failure.

    It keeps the order of a partition through all retries; what it cannot do is give up on a batch,
    so the time limit is ours, and a producer that ran over it is thrown away with what it holds.
    """

    def __init__(self, bootstrap: str, *, name: str, timeout: float = SEND_SECONDS) -> None:
        self._bootstrap = bootstrap
        self._name = name
        self._timeout = timeout
        self._producer: AIOKafkaProducer | None = None
        self._one_by_one = False

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        """Send and wait for all acknowledgements; returns what the broker refuses for good.

        Raises TransportFailed.
        """
        try:
            async with asyncio.timeout(self._timeout):
                refusals = await self._send_all(records)
        except PERMANENT_ERRORS as error:
            # It hit a batch of several; which one is to blame shows when they go singly.
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
        return refusals

    async def close(self) -> None:
        """Let go of the broker; nothing is in flight between two calls of `send`."""
        producer, self._producer = self._producer, None
        if producer is not None:
            async with asyncio.timeout(STOP_SECONDS):
                await producer.stop()

    async def _send_all(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        refusals: list[RefusedRecord] = []
        blocked: set[str] = set()
        flying: list[asyncio.Future[object]] = []
        for record in records:
            if record.key in blocked:
                refusals.append(RefusedRecord(record, BEHIND))
            elif self._one_by_one or len(record.value) > BATCH_BYTES:
                await _landed(flying)
                flying.clear()
                refusal = await self._send_alone(record)
                if refusal:
                    refusals.append(refusal)
                    blocked.add(record.key)
            else:
                flying.append(await self._start_sending(record))
        await _landed(flying)
        return refusals

    async def _send_alone(self, record: ProducerRecord) -> RefusedRecord | None:
        """Send one large record with nothing else in flight, so that a refusal is surely its own.

        A refused batch leaves a gap in the producer's numbers, hence a new producer.
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
        """Throw the producer away with what it holds; its own `stop` would wait for the broker.

        First the sender, then the client: what the sender has under way ends with the client's
        answers or timeouts, and would wait for ever for a client that is closed.
        """
        producer, self._producer = self._producer, None
        if producer is None:
            return
        producer._closed = True  # noqa: SLF001  # else it warns that nobody stopped it
        try:
            async with asyncio.timeout(self._timeout):
                await producer._sender.close()  # noqa: SLF001  # ends its task without flushing
        except TimeoutError:
            log.warning("producer_does_not_end")
        finally:
            await producer.client.close()


async def _landed(flying: Sequence[asyncio.Future[object]]) -> None:
    """Wait for every one, then raise the first error."""
    if not flying:
        return
    await asyncio.wait(flying)
    for error in [future.exception() for future in flying]:
        if error is not None:
            raise error
