"""Without a broker: outbox rows reach the subscribers of the same process, parking and all."""

from uuid import UUID

import pytest

from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.in_process_transport import InProcessTransport, drain_all
from chassis.events.outbox import bucket_of
from chassis.events.relay.relay import Relay
from kernel.ids import new_id
from libs.chassis.tests.consumer.samples import (
    Moods,
    applied,
    copied,
    copier,
    counted,
    queue,
    recorder,
)
from testkit.notes import rewrite, write
from testkit.plugin import Committed


async def test_what_is_published_arrives_once_at_every_subscriber(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscriptions = [recorder(moods), copier(moods)]
    processors = [Processor(s, committed.worker, monotonic_offsets=False) for s in subscriptions]
    relay = Relay("testkit", committed.urls.worker_url, InProcessTransport(processors))
    async with committed.app.begin(tenant) as tx:
        notes = [await write(tx, f"note {n}") for n in range(20)]
    async with committed.app.begin(tenant) as tx:
        for note in notes:
            await rewrite(tx, note.id, "again")
    assert await drain_all([relay]) == 40
    for note in notes:
        assert await applied(committed.worker, tenant, note.id) == [1, 2]
    assert {row[1:3] for row in (await copied(committed.worker, tenant)).values()} == {(2, "again")}
    for one in subscriptions:
        assert await counted(committed.worker, tenant, one) == {"applied": 40}
    assert await drain_all([relay]) == 0


async def test_a_lower_seq_that_commits_later_is_no_duplicate(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    """Two notes of one bucket: the one inserted first is committed last, in a later window."""
    subscriptions = [recorder(moods), copier(moods)]
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
    assert await applied(committed.worker, tenant, early) == [1]
    for one in subscriptions:
        assert await counted(committed.worker, tenant, one) == {"applied": 2}


async def test_draining_tries_again_what_was_not_there_yet(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.missing = {"early"}
    subscription = recorder(moods)
    processor = Processor(subscription, committed.worker, monotonic_offsets=False)
    relays = [Relay("testkit", committed.urls.worker_url, InProcessTransport([processor]))]
    retriers = [Retrier([subscription], committed.worker)]
    async with committed.app.begin(tenant) as tx:
        note = await write(tx, "early")
    await drain_all(relays, retriers)
    assert [reason for _, reason, _ in await queue(committed.worker, tenant)] == ["NOT_YET"]
    moods.missing.clear()
    assert await drain_all(relays, retriers) == 1
    assert await applied(committed.worker, tenant, note.id) == [1]


def test_a_courier_insists_on_processors_that_do_not_trust_offsets(
    committed: Committed, moods: Moods
) -> None:
    with pytest.raises(ValueError, match="offsets_rise=False"):
        InProcessTransport([Processor(recorder(moods), committed.worker)])
