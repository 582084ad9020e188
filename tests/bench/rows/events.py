"""Events: the relay against a bare producer, the consumer against a bare one, and their delay."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from statistics import quantiles
from uuid import UUID

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.database.engine import Database
from chassis.events.consumer.consumer import Consumer
from chassis.events.consumer.decoded_records import ConsumerRecord, decode_record
from chassis.events.consumer.processing import Processor
from chassis.events.relay.kafka import BATCH_BYTES, KafkaTransport
from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import ProducerRecord, RefusedRecord
from chassis.events.replicas import ReceivedState, ReplicaSubscription
from contracts.event import AggregateState
from contracts.l2o.events import AccountCreated, AccountState
from cpq.worker import SUBSCRIPTIONS
from kernel.ids import new_id
from tests.bench.machine.measuring import RUNS, Bench, Measured, Reach, Row
from tests.bench.machine.system import System
from tests.bench.machine.waiting import wait_for_count
from tests.bench.rows import leads

EVENTS = 20_000
CONVERSIONS, PER_SECOND = 200, 20
OUTBOX = """
    INSERT INTO outbox (bucket, id, aggregatetype, aggregateid, aggversion, type, payload,
                        correlationid, causationid, traceparent)
    SELECT n % 16, gen_random_uuid(), 'l2o.account', gen_random_uuid(), 1,
           'l2o.account.created.v1', $1::jsonb, 'bench', 'bench',
           '00-00000000000000000000000000000001-0000000000000001-01'
    FROM generate_series(1, $2::int) AS n
"""
ACCOUNTS = next(
    one
    for one in SUBSCRIPTIONS
    if isinstance(one, ReplicaSubscription) and one.name == "cpq.accounts"
)


def bootstrap() -> str:
    """Return the address of the broker. Raises KeyError without Kafka."""
    return os.environ["KAFKA_BOOTSTRAP"]


class Keeping(KafkaTransport):
    """Keeps what it sends, so that a bare producer can send the same bytes."""

    def __init__(self) -> None:
        super().__init__(bootstrap(), name="bench-relay")
        self.kept: list[ProducerRecord] = []

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        self.kept += records
        return await super().send(records)


async def fill_outbox(system: System, count: int) -> None:
    """Add events of new accounts to the outbox of l2o."""
    state = AccountState(
        account_id=new_id(),
        name="杭州远景科技有限公司",
        phone="+8613800138000",
        owner_id="person-7",
    )
    payload = orjson.dumps(AccountCreated(account=state).model_dump(mode="json")).decode()
    async with system.superuser("l2o") as connection:
        await connection.execute(OUTBOX, payload, count)
        await connection.execute("ANALYZE outbox")


async def relay_all(system: System) -> tuple[float, list[ProducerRecord]]:
    """Publish the whole outbox of l2o; return the seconds and the records."""
    transport = Keeping()
    relay = Relay("l2o", system.databases["l2o"].worker_url, transport)
    began = time.perf_counter()
    await relay.drain()
    seconds = time.perf_counter() - began
    await transport.close()
    return seconds, transport.kept


async def produce_all(records: Sequence[ProducerRecord]) -> float:
    """Publish these bytes from memory with the settings of the relay; return the seconds."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap(),
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        max_batch_size=BATCH_BYTES,
    )
    await producer.start()
    began = time.perf_counter()
    waiting = [
        await producer.send(one.topic, one.value, key=one.key.encode(), headers=one.headers)
        for one in records
    ]
    await asyncio.gather(*waiting)
    seconds = time.perf_counter() - began
    await producer.stop()
    return seconds


async def relay(bench: Bench) -> Measured:
    await bench.system.create_topics()
    values: list[float] = []
    for _ in range(RUNS):
        await fill_outbox(bench.system, EVENTS)
        relayed, records = await relay_all(bench.system)
        values.append(await produce_all(records) / relayed)
        rate = len(records) / relayed
    return Measured(values, f"{rate:,.0f} events/s")


async def consumer(bench: Bench) -> Measured:
    system = bench.system
    await system.create_topics()
    await fill_outbox(system, EVENTS)
    await relay_all(system)
    values: list[float] = []
    async with system.database("cpq") as database:
        for _ in range(RUNS):
            bare = await consumption(system, lambda stop: consume_barely(database, stop))
            full = await consumption(system, lambda stop: consume(database, stop))
            values.append(full / bare)
    return Measured(values, f"{full:,.0f} events/s")


async def consumption(system: System, run: Callable[[asyncio.Event], Awaitable[None]]) -> float:
    """Return the accounts a second that a consumer writes, from its first batch to its last."""
    stop = asyncio.Event()
    async with system.superuser("cpq") as connection:
        await connection.execute("DELETE FROM accounts WHERE id <> $1", UUID(int=1))
        count = "SELECT count(*) FROM accounts WHERE id <> $1"
        task = asyncio.ensure_future(run(stop))
        first = 0
        while not first:
            await asyncio.sleep(0.005)
            first = await connection.fetchval(count, UUID(int=1))
        began = time.perf_counter()
        await wait_for_count(connection, count, UUID(int=1), count=EVENTS, every=0.02)
        seconds = time.perf_counter() - began
        stop.set()
        await task
    return float((EVENTS - first) / seconds)


def _new_generation() -> ReplicaSubscription:
    """Return the subscription as one that reads its topic from the start."""
    return replace(ACCOUNTS, generation=2 + time.time_ns() // 1_000_000 % 1_000_000_000)


async def consume(database: Database, stop: asyncio.Event) -> None:
    await Consumer(Processor(_new_generation(), database), bootstrap()).run(stop)


async def consume_barely(database: Database, stop: asyncio.Event) -> None:
    """Apply the same states without inbox and counts: one transaction for each poll."""
    subscription = _new_generation()
    consumer = AIOKafkaConsumer(
        *subscription.topics,
        bootstrap_servers=bootstrap(),
        group_id=f"{subscription.group}.bare",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    while not stop.is_set():
        batches = await consumer.getmany(timeout_ms=200, max_records=1_000)
        states: dict[UUID, list[ReceivedState[AggregateState]]] = {}
        for record in (one for records in batches.values() for one in records):
            decoded = decode_record(
                subscription,
                ConsumerRecord(record.topic, record.partition, record.offset, record.value),
            )
            assert isinstance(decoded.content, AggregateState)
            state = ReceivedState(decoded.content, decoded.meta)
            states.setdefault(decoded.tenant, []).append(state)
        for tenant, received in states.items():
            async with database.begin(tenant) as tx:
                await subscription.apply(tx, received)
        if batches:
            await consumer.commit()
    await consumer.stop()


async def round_trips() -> list[float]:
    """Return the seconds from producing a record to consuming it, at the rate of conversions."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap(), acks="all")
    topic = f"bench-{new_id()}"
    await producer.start()
    await producer.send_and_wait(topic, b"first")  # creates the topic
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap(), auto_offset_reset="earliest")
    await consumer.start()
    await consumer.getone()
    took: list[float] = []
    for _ in range(CONVERSIONS):
        began = time.perf_counter()
        await producer.send_and_wait(topic, b"x" * 1_000)
        await consumer.getone()
        took.append(time.perf_counter() - began)
        await asyncio.sleep(max(0.0, 1 / PER_SECOND - took[-1]))
    await consumer.stop()
    await producer.stop()
    return took


async def conversion_delays(system: System) -> list[float]:
    """Return the seconds from sending a conversion to seeing its opportunity in l2o."""
    requests = await leads.conversions(system, CONVERSIONS)
    seen: dict[UUID, float] = {}

    async def watch() -> None:
        async with system.superuser("l2o") as connection:
            while True:
                rows = await connection.fetch(
                    "SELECT id FROM opportunities WHERE created_at > now() - interval '1 minute'"
                )
                now = time.perf_counter()
                for row in rows:
                    seen.setdefault(row["id"], now)
                await asyncio.sleep(0.002)

    watching = asyncio.create_task(watch())
    sent = await system.send("mtl", requests, connections=40, every=1 / PER_SECOND)
    await asyncio.sleep(2)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    ids = [UUID(answer.json()["result"]["opportunity_id"]) for answer in sent.answers]
    return [seen[key] - answer.sent_at for key, answer in zip(ids, sent.answers, strict=True)]


def delay(percent: int) -> Callable[[Bench], Awaitable[Measured]]:
    """Return the measurement of this percentile against that of bare round trips."""

    async def measure(bench: Bench) -> Measured:
        system = bench.system
        await leads.filled(system)
        await system.start(*leads.WHOLE)
        values: list[float] = []
        for _ in range(RUNS):
            bare = quantiles(await round_trips(), n=100)[percent - 1]
            full = quantiles(await conversion_delays(system), n=100)[percent - 1]
            values.append(full / bare)
        await system.stop(*leads.WHOLE)
        return Measured(values, f"{full * 1000:.0f} ms; bare {bare * 1000:.1f} ms")

    return measure


ROWS: Sequence[Row] = (
    Row("events.relay", f"relay of {EVENTS:,} events / aiokafka", Reach(at_least=0.35), relay),
    Row("events.consumer", "consumer of a replica / getmany + SQL", Reach(at_least=0.6), consumer),
    Row(
        "events.delay.p50",
        "convert to opportunity, at 20/s / round trip",
        Reach(at_most=4),
        delay(50),
    ),
    Row("events.delay.p99", "the same, 99th percentile", Reach(at_most=8), delay(99)),
)
