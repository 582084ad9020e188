"""What waits is read from the tables at every scrape; what is not there has no value."""

from datetime import timedelta
from uuid import UUID

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY
from sqlalchemy import insert, text

from chassis.composition.queue_metrics import show_queues
from chassis.database.backbone_tables import operations, parked_events
from chassis.database.engine import Database
from chassis.database.pool_metrics import pool_metrics
from chassis.events.consumer.metrics import LagSeries
from chassis.events.relay.relay import Relay
from chassis.foundation.clock import now
from chassis.foundation.state_gauges import StateGauges, build_info
from chassis.jobs.queue import enqueue
from chassis.web.health import read_state
from kernel.ids import new_id
from libs.chassis.tests.events.relay.relay_running import QUICK, write_versions
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Committed

UNSENT, OLDEST = "l2c_outbox_unsent", "l2c_outbox_oldest_unsent_timestamp_seconds"


async def shown(committed: Committed) -> StateGauges:
    gauges = StateGauges()
    async with committed.worker.begin(None) as tx:
        await show_queues(tx, "testkit", gauges)
    return gauges


async def unsent(committed: Committed) -> tuple[float | None, float | None]:
    gauges = await shown(committed)
    return gauges.value(UNSENT, service="testkit"), gauges.value(OLDEST, service="testkit")


def relay_of(committed: Committed, transport: RecordingTransport) -> Relay:
    return Relay("testkit", committed.urls.worker_url, transport, poll=QUICK)


class RefusingBroker(RecordingTransport):
    """A broker that refuses connections."""

    async def send(self, records: object) -> list[object]:  # type: ignore[override]  # never returns
        raise ConnectionRefusedError(records)


async def test_the_backlog_is_seen_although_the_broker_refuses_connections(
    committed: Committed, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=3)
    events, before = await unsent(committed)
    assert events == 3
    assert before is not None
    assert 0 <= now().timestamp() - before < 600
    with pytest.raises(ConnectionRefusedError):
        await relay_of(committed, RefusingBroker()).drain()
    assert await unsent(committed) == (3, before)
    await relay_of(committed, RecordingTransport()).drain()
    assert await unsent(committed) == (0, None)


async def test_only_what_the_relay_has_not_passed_is_unsent(
    committed: Committed, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=3)
    await relay_of(committed, RecordingTransport()).drain()
    await write_versions(committed.app, tenant, versions=2)
    assert (await unsent(committed))[0] == 2


async def test_events_that_the_broker_refused_are_held_back_and_not_unsent(
    committed: Committed, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=2)
    transport = RecordingTransport()
    transport.refuse_if = lambda record: True
    await relay_of(committed, transport).drain()
    gauges = await shown(committed)
    assert gauges.value(UNSENT, service="testkit") == 0
    assert gauges.value("l2c_outbox_quarantined", service="testkit") == 2


async def test_jobs_and_operations_are_shown_by_kind_and_age(
    committed: Committed, tenant: UUID
) -> None:
    at = now()
    async with committed.app.begin(tenant) as tx:
        await enqueue(tx, "late", "1", run_at=at - timedelta(hours=2))
        await enqueue(tx, "late", "2", run_at=at - timedelta(hours=1))
        await enqueue(tx, "later", "3", run_at=at + timedelta(hours=1))
        await enqueue(tx, "broken", "4", run_at=at)
        await tx.execute(text("UPDATE jobs SET status = 'FAILED' WHERE kind = 'broken'"))
        await tx.execute(
            insert(operations).values(
                id=new_id(),
                kind="conversion",
                status="RUNNING",
                result={},
                created_at=at - timedelta(minutes=5),
            )
        )
    gauges = await shown(committed)
    late = {"service": "testkit", "kind": "late"}
    assert gauges.value("l2c_jobs_due", **late) == 2
    oldest = gauges.value("l2c_job_oldest_due_timestamp_seconds", **late)
    assert oldest == (at - timedelta(hours=2)).timestamp()
    assert gauges.value("l2c_jobs_failed", **late) is None
    assert gauges.value("l2c_jobs_due", service="testkit", kind="later") is None
    assert gauges.value("l2c_jobs_failed", service="testkit", kind="broken") == 1
    conversion = {"service": "testkit", "kind": "conversion"}
    assert gauges.value("l2c_operations_running", **conversion) == 1
    begun = gauges.value("l2c_operation_oldest_timestamp_seconds", **conversion)
    assert begun == (at - timedelta(minutes=5)).timestamp()


async def test_parked_events_are_shown_while_there_are_any(
    committed: Committed, tenant: UUID
) -> None:
    labels = {"service": "testkit", "subscription": "s", "reason": "FAILED"}
    assert (await shown(committed)).value("l2c_parked_events", **labels) is None
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(
            insert(parked_events).values(
                id=new_id(),
                subscription="s",
                key="k",
                topic="t",
                partition=0,
                envelope={},
                reason="FAILED",
                error="x",
            )
        )
    assert (await shown(committed)).value("l2c_parked_events", **labels) == 1


async def test_a_pool_shows_its_use(committed: Committed) -> None:
    database = Database(committed.urls.app_url, name="counted", pool_size=2, overflow=1)
    async with database.begin(None):
        gauges = await read_state([pool_metrics(database), build_info("abc")])
    values = [gauges.value(f"l2c_database_pool_{n}", pool="counted") for n in ("in_use", "limit")]
    await database.dispose()
    assert values == [1, 3]
    assert b'l2c_build_info{python="3.' in gauges.exposition()


async def test_a_database_that_does_not_answer_leaves_its_values_out() -> None:
    nowhere = Database("postgresql+asyncpg://nobody:x@127.0.0.1:1/nothing", name="nowhere")

    async def read(gauges: StateGauges) -> None:
        async with nowhere.begin(None) as tx:
            await show_queues(tx, "testkit", gauges)

    gauges = await read_state([read, build_info("abc")])
    assert gauges.value(UNSENT, service="testkit") is None
    assert b"l2c_build_info" in gauges.exposition()


def test_the_lag_of_partitions_that_moved_away_is_gone() -> None:
    def lag(partition: int) -> float | None:
        labels = {"subscription": "a", "topic": "t", "partition": str(partition)}
        return REGISTRY.get_sample_value("l2c_consumer_lag", labels)

    series = LagSeries("a")
    series.show({TopicPartition("t", 0): 5, TopicPartition("t", 1): 7})
    series.show({TopicPartition("t", 1): 2})
    assert (lag(0), lag(1)) == (None, 2)
    series.show({})
    assert (lag(0), lag(1)) == (None, None)
