"""Events in bulk: an outbox filled and relayed, and the same bytes published by a bare producer."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer

from chassis.events.relay.kafka import BATCH_BYTES, KafkaTransport
from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import ProducerRecord, RefusedRecord
from contracts.l2o.events import AccountCreated, AccountState
from kernel.ids import new_id
from tests.bench.machine.system import System

KEPT = 50_000  # records kept in memory; a bare producer sends them again and again
IN_FLIGHT = 20_000
# Ids in the order of time, as those of the services are: random ones would miss the cache.
_NEW_ID = """
    (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
     || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid
"""
_FILL = f"""
    INSERT INTO outbox (bucket, id, aggregatetype, aggregateid, aggversion, type, payload,
                        correlationid, causationid, traceparent)
    SELECT n % 16, {_NEW_ID}, 'l2o.account', {_NEW_ID}, 1,
           'l2o.account.created.v1', $1::jsonb, 'bench', 'bench',
           '00-00000000000000000000000000000001-0000000000000001-01'
    FROM generate_series(1, $2::int) AS n
"""


def bootstrap() -> str:
    """Return the address of the broker. Raises KeyError without Kafka."""
    return os.environ["KAFKA_BOOTSTRAP"]


async def fill_outbox(connection: asyncpg.Connection, count: int) -> None:
    """Add events of new accounts to an outbox of the connection's tenant."""
    state = AccountState(
        account_id=new_id(),
        name="杭州远景科技有限公司",
        phone="+8613800138000",
        owner_id="person-7",
    )
    payload = orjson.dumps(AccountCreated(account=state).model_dump(mode="json")).decode()
    await connection.execute(_FILL, payload, count, timeout=3_600)
    await connection.execute("ANALYZE outbox")


class Keeping(KafkaTransport):
    """Keeps some of what it sends, so that a bare producer can send the same bytes."""

    def __init__(self) -> None:
        super().__init__(bootstrap(), name="bench-relay")
        self.kept: list[ProducerRecord] = []

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        self.kept += records[: KEPT - len(self.kept)]
        return await super().send(records)


class Collecting(Keeping):
    """Keeps what it should send, and sends nothing."""

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        self.kept += records
        return []


@dataclass(frozen=True)
class Relayed:
    """How long a relay took for an outbox, and records that it sent."""

    count: int
    seconds: float
    records: Sequence[ProducerRecord]

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.count / self.seconds


async def relay_all(system: System, transport: Keeping | None = None) -> Relayed:
    """Publish the whole outbox of l2o."""
    transport = transport or Keeping()
    relay = Relay("l2o", system.databases["l2o"].worker_url, transport)
    began = time.perf_counter()
    count = await relay.drain()
    seconds = time.perf_counter() - began
    await transport.close()
    return Relayed(count, seconds, transport.kept)


async def produce_all(records: Sequence[ProducerRecord], count: int) -> float:
    """Publish so many of these bytes from memory, as the relay would; return events a second."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap(),
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        max_batch_size=BATCH_BYTES,
    )
    await producer.start()
    remaining = islice(cycle(records), count)
    began = time.perf_counter()
    while chunk := list(islice(remaining, IN_FLIGHT)):
        waiting = [
            await producer.send(one.topic, one.value, key=one.key.encode(), headers=one.headers)
            for one in chunk
        ]
        await asyncio.gather(*waiting)
    seconds = time.perf_counter() - began
    await producer.stop()
    return count / seconds
