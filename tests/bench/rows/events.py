"""Events: the relay against a bare producer, the consumer against a bare one, and their delay."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from statistics import median, quantiles
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.database.engine import Database
from chassis.events.consumer.consumer import Consumer
from chassis.events.consumer.decoded_records import ConsumerRecord, decode_record
from chassis.events.consumer.processing import Processor
from chassis.events.replicas import ReceivedState, ReplicaSubscription
from chassis.events.topics import apply_manifest
from contracts.event import AggregateState
from contracts.topics import TopicSpec
from cpq.worker import SUBSCRIPTIONS
from kernel.ids import new_id
from tests.bench.machine.accounting import BusyShare
from tests.bench.machine.measuring import RUNS, WARM_UP, Bench, Measure, Measured, Reach, Row
from tests.bench.machine.streams import bootstrap, fill_outbox, produce_all, relay_all
from tests.bench.machine.system import System
from tests.bench.machine.waiting import wait_for_count
from tests.bench.rows import leads

EVENTS = 20_000
CONVERSIONS, PER_SECOND = 200, 20


@dataclass(frozen=True)
class Delays:
    """The seconds of bare round trips and of conversions, and what bounded the conversions."""

    bare: Sequence[float]
    full: Sequence[float]
    rate: float
    busy: float


ACCOUNTS = next(
    one
    for one in SUBSCRIPTIONS
    if isinstance(one, ReplicaSubscription) and one.name == "cpq.accounts"
)


def relay(events: int) -> Measure:
    """Return the measurement of a relay that publishes so many events, against a bare producer."""

    async def measure(bench: Bench) -> Measured:
        await bench.system.create_topics()
        values: list[float] = []
        for _ in range(RUNS):
            async with bench.system.superuser("l2o") as connection:
                await fill_outbox(connection, events)
            relayed = await relay_all(bench.system)
            values.append(relayed.rate / await produce_all(relayed.records, relayed.count))
        return Measured(values, f"{relayed.rate:,.0f} events/s")

    return measure


async def consumer(bench: Bench) -> Measured:
    system = bench.system
    await system.create_topics()
    async with system.superuser("l2o") as connection:
        await fill_outbox(connection, EVENTS)
    await relay_all(system)
    values: list[float] = []
    async with system.database("cpq") as database:
        for _ in range(RUNS):
            bare = await consumption(system, lambda stop: consume_barely(database, stop))
            full = await consumption(system, lambda stop: consume(database, stop))
            values.append(full / bare)
    return Measured(values, f"{full:,.0f} events/s")


async def consumption(
    system: System, run: Callable[[asyncio.Event], Coroutine[Any, Any, None]]
) -> float:
    """Return the accounts a second that a consumer writes, from its first batch to its last."""
    stop = asyncio.Event()
    async with system.superuser("cpq") as connection:
        await connection.execute("DELETE FROM accounts WHERE id <> $1", UUID(int=1))
        count, first = "SELECT count(*) FROM accounts WHERE id <> $1", 0
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run(stop))
            while not first:
                await asyncio.sleep(0.005)
                first = await connection.fetchval(count, UUID(int=1))
            began = time.perf_counter()
            await wait_for_count(connection, count, UUID(int=1), count=EVENTS, every=0.02)
            seconds = time.perf_counter() - began
            stop.set()
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
    topic = f"bench-{new_id()}"
    await apply_manifest(bootstrap(), [TopicSpec(name=topic, partitions=1)])
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap(), acks="all")
    await producer.start()
    await producer.send_and_wait(topic, b"first")
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


async def alternating_delays(system: System) -> Delays:
    """Measure round trips, then the seconds from a conversion to its visible opportunity."""
    bare, requests = await round_trips(), await leads.conversions(system, CONVERSIONS)
    seen, busy = dict[UUID, float](), BusyShare()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_watch(system, seen))
        sent = await system.send("mtl", requests, connections=40, every=1 / PER_SECOND)
        share = busy.now()
    ids = [UUID(answer.json()["result"]["opportunity_id"]) for answer in sent.answers]
    full = [seen[key] - answer.sent_at for key, answer in zip(ids, sent.answers, strict=True)]
    return Delays(bare, full, sent.rate, share)


async def _watch(system: System, seen: dict[UUID, float]) -> None:
    """Note when each of the new opportunities is visible. Raises TimeoutError."""
    query = "SELECT id FROM opportunities WHERE created_at >= $1"
    async with system.superuser("l2o") as connection, asyncio.timeout(120):
        began = await connection.fetchval("SELECT now()")
        while len(seen) < CONVERSIONS:
            rows, now = await connection.fetch(query, began), time.perf_counter()
            for row in rows:
                seen.setdefault(row["id"], now)
            await asyncio.sleep(0.004)


async def delays(system: System) -> Sequence[Delays]:
    """Measure alternating runs of round trips and conversions."""
    await leads.filled(system)
    await system.start(*leads.WHOLE)
    await leads.convert_wholly(system, await leads.conversions(system, WARM_UP))
    runs = [await alternating_delays(system) for _ in range(RUNS)]
    await system.stop(*leads.WHOLE)
    return runs


def delay(percent: int) -> Measure:
    """Return the measurement of this percentile against that of bare round trips."""

    async def measure(bench: Bench) -> Measured:
        system = bench.system
        runs = await system.measured_once("events.delay", lambda: delays(system))
        pairs = [[quantiles(each, n=100)[percent - 1] for each in (r.bare, r.full)] for r in runs]
        bare, full = (median(each) * 1000 for each in zip(*pairs, strict=True))
        rate, busy = median(run.rate for run in runs), median(run.busy for run in runs)
        shown = f"{full:.0f} ms; bare {bare:.1f} ms; {rate:.0f}/s, CPU {busy:.0%}"
        return Measured([full / bare for bare, full in pairs], shown)

    return measure


ROWS: Sequence[Row] = (
    Row(
        "events.relay",
        f"relay of {EVENTS:,} events / aiokafka",
        Reach(at_least=0.35),
        relay(EVENTS),
    ),
    Row("events.consumer", "consumer of a replica / getmany + SQL", Reach(at_least=0.6), consumer),
    Row(
        "events.delay.p50",
        "convert to opportunity, at 20/s / round trip",
        Reach(at_most=4),
        delay(50),
    ),
    Row("events.delay.p99", "the same, 99th percentile", Reach(at_most=8), delay(99)),
)
