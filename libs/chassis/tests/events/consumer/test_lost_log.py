"""A broker that lost its log: events sent again reach those who missed them, and only those."""

from uuid import UUID

from chassis.events.consumer.processing import Processor
from chassis.events.in_process_transport import InProcessTransport
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    copies_replica,
    effects_of,
    effects_process,
    replicated,
)
from libs.chassis.tests.events.relay.relay_running import write_versions
from libs.chassis.tests.events.relay.resending import progress, relay_of, request
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.notes import rewrite
from testkit.plugin import Committed


async def test_a_lost_event_takes_effect_and_the_others_do_not_again(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    """The broker lost the second half of the log before a subscriber read it."""
    subscriptions = [effects_process(faults), copies_replica(faults)]
    processors = [Processor(s, committed.worker, monotonic_offsets=False) for s in subscriptions]
    kept = InProcessTransport(processors)
    notes = [await write_versions(committed.app, tenant, versions=2) for _ in range(4)]
    await relay_of(committed, kept).drain()
    async with committed.app.begin(tenant) as tx:
        for note in notes:
            await rewrite(tx, note.id, "lost")
    await relay_of(committed, RecordingTransport()).drain()  # nobody reads what it delivers
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, notes[0].id, "newer than the loss")
    await relay_of(committed, kept).drain()
    assert await effects_of(committed.worker, tenant, notes[1].id) == [1, 2]
    (requested,) = await request(committed)
    await relay_of(committed, kept).drain()
    assert sorted(await effects_of(committed.worker, tenant, notes[0].id)) == [1, 2, 3, 4]
    for note in notes[1:]:
        assert await effects_of(committed.worker, tenant, note.id) == [1, 2, 3]
    copies = await replicated(committed.worker, tenant)
    assert {copies[note.id][2] for note in notes[1:]} == {"lost"}
    assert copies[notes[0].id][1:3] == (4, "newer than the loss")
    assert (await progress(committed, requested)).sent == 13
