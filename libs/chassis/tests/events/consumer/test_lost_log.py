"""A broker that lost its log: events sent again reach those who missed them, and only those."""

from uuid import UUID

from chassis.events.consumer.dead_letter_commands import list_parked, redrive_parked
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.in_process_transport import InProcessTransport
from chassis.foundation.clock import now
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    Partition,
    copies_replica,
    effects_of,
    effects_process,
    outcomes,
    parked_queue,
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


async def test_an_event_at_an_offset_of_the_lost_log_waits_behind_its_parked_key(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    """The new log counts its offsets from 0 again: a low one does not mean a redelivery."""
    faults.broken = {"bad"}
    subscription, note, before = copies_replica(faults), new_id(), Partition(tenant)
    records = [before.note(note, 1), before.note(note, 2, "bad"), before.note(note, 3)]
    await Processor(subscription, committed.worker).apply(records)
    after = Partition(tenant)
    resent = [after.redeliver(record) for record in records[:2]]
    await Processor(subscription, committed.worker).apply([*resent, after.note(note, 4)])
    reasons = [reason for _, reason, _ in await parked_queue(committed.worker, tenant)]
    assert reasons == ["FAILED", "BEHIND", "BEHIND"]
    counts = await outcomes(committed.worker, tenant, subscription)
    assert counts == {"applied": 1, "parked": 3, "duplicates": 2}
    faults.broken.clear()
    async with committed.worker.begin(tenant) as tx:
        (head, *_) = await list_parked(tx)
        await redrive_parked(tx, head.id, by="ann", now=now())
    assert await Retrier([subscription], committed.worker).retry_due() == 3
    assert (await replicated(committed.worker, tenant))[note][1:3] == (4, "v4")
