"""The courier: without a broker, outbox rows reach the subscribers of the same process."""

from uuid import UUID

import pytest

from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.in_process_transport import InProcessTransport, drain_all
from chassis.events.outbox import bucket_of
from chassis.events.relay.relay import Relay
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    copies_replica,
    effects_of,
    effects_process,
    outcomes,
    parked_queue,
    replicated,
)
from testkit.notes import rewrite, write
from testkit.plugin import Committed


async def test_published_events_reach_every_subscriber_once(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscriptions = [effects_process(faults), copies_replica(faults)]
    processors = [Processor(s, committed.worker, monotonic_offsets=False) for s in subscriptions]
    relay = Relay("testkit", committed.urls.worker_url, InProcessTransport(processors))
    async with committed.app.begin(tenant) as tx:
        notes = [await write(tx, f"note {n}") for n in range(20)]
    async with committed.app.begin(tenant) as tx:
        for note in notes:
            await rewrite(tx, note.id, "again")
    assert await drain_all([relay]) == 40
    for note in notes:
        assert await effects_of(committed.worker, tenant, note.id) == [1, 2]
    assert {row[1:3] for row in (await replicated(committed.worker, tenant)).values()} == {
        (2, "again")
    }
    for one in subscriptions:
        assert await outcomes(committed.worker, tenant, one) == {"applied": 40}
    assert await drain_all([relay]) == 0


async def test_a_lower_seq_that_commits_later_is_not_a_duplicate(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    """Two notes of one bucket: the one inserted first is committed last, in a later window."""
    subscriptions = [effects_process(faults), copies_replica(faults)]
    processors = [Processor(s, committed.worker, monotonic_offsets=False) for s in subscriptions]
    relay = Relay("testkit", committed.urls.worker_url, InProcessTransport(processors))
    early = new_id()
    late = next(one for one in iter(new_id, None) if bucket_of(one) == bucket_of(early))
    async with committed.app.begin(tenant) as slow:
        await write(slow, "slow", note_id=early)
        async with committed.app.begin(tenant) as quick:
            await write(quick, "quick", note_id=late)
        assert await drain_all([relay]) == 1
    assert await drain_all([relay]) == 1
    assert await effects_of(committed.worker, tenant, early) == [1]
    for one in subscriptions:
        assert await outcomes(committed.worker, tenant, one) == {"applied": 2}


async def test_draining_retries_events_that_came_too_early(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.not_yet = {"early"}
    subscription = effects_process(faults)
    processor = Processor(subscription, committed.worker, monotonic_offsets=False)
    relays = [Relay("testkit", committed.urls.worker_url, InProcessTransport([processor]))]
    retriers = [Retrier([subscription], committed.worker)]
    async with committed.app.begin(tenant) as tx:
        note = await write(tx, "early")
    await drain_all(relays, retriers)
    assert [reason for _, reason, _ in await parked_queue(committed.worker, tenant)] == ["NOT_YET"]
    faults.not_yet.clear()
    assert await drain_all(relays, retriers) == 1
    assert await effects_of(committed.worker, tenant, note.id) == [1]


def test_the_courier_refuses_processors_with_monotonic_offsets(
    committed: Committed, faults: Faults
) -> None:
    with pytest.raises(ValueError, match="monotonic_offsets=False"):
        InProcessTransport([Processor(effects_process(faults), committed.worker)])
