"""Parked keys: retried automatically, redriven in order, edited or skipped; always counted."""

from datetime import timedelta
from uuid import UUID

import pytest

from chassis.events.consumer.dead_letter_commands import (
    edit_parked,
    get_parked,
    list_parked,
    redrive_parked,
    skip_parked,
)
from chassis.events.consumer.dead_letters import ParkedEvent, ParkedEventStatus
from chassis.events.consumer.failures import ParkingReason
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.foundation import clock
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Clock,
    Faults,
    Partition,
    copies_replica,
    effects_of,
    effects_process,
    keys_parked,
    make_envelope,
    outcomes,
    parked_queue,
    replicated,
)
from testkit.plugin import Committed


async def all_parked(committed: Committed, tenant: UUID) -> list[ParkedEvent]:
    async with committed.worker.begin(tenant) as tx:
        return [one for one in await list_parked(tx, status=None) if one.tenant_id == tenant]


async def test_an_event_that_came_too_early_is_applied_later(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.not_yet = {"early"}
    now, subscription, partition = Clock(), effects_process(faults), Partition(tenant)
    note = new_id()
    await Processor(subscription, committed.worker, now=now).apply(
        [partition.note(note, 1, "early"), partition.note(note, 2), partition.note(new_id(), 1)]
    )
    reasons = [reason for _, reason, _ in await parked_queue(committed.worker, tenant)]
    assert reasons == ["NOT_YET", "BEHIND"]
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 1,
        "parked": 2,
    }
    retrier = Retrier([subscription], committed.worker, now=now)
    assert await retrier.retry_due() == 0  # not due
    now.forward(seconds=0.3)
    assert await retrier.retry_due() == 0  # due, and still missing
    faults.not_yet.clear()
    assert await retrier.retry_due() == 0  # not due again
    now.forward(seconds=0.7)
    assert await retrier.retry_due() == 2
    assert await effects_of(committed.worker, tenant, note) == [1, 2]
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 3}
    assert await keys_parked(committed.worker, tenant) == []
    first, second = await all_parked(committed, tenant)
    assert (first.status, first.attempts, first.resolved_by) == (
        ParkedEventStatus.REDRIVEN,
        2,
        "system:sample.effects",
    )
    assert second.status is ParkedEventStatus.REDRIVEN
    assert await Retrier([subscription], committed.worker, now=now).retry_due() == 0


async def test_automatic_retries_have_a_deadline(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.not_yet = {"never"}
    now, subscription = Clock(), effects_process(faults)
    record = Partition(tenant).note(new_id(), 1, "never")
    await Processor(subscription, committed.worker, now=now).apply([record])
    retrier = Retrier([subscription], committed.worker, now=now)
    now.forward(hours=23.9)
    await retrier.retry_due()
    (waiting,) = await all_parked(committed, tenant)
    assert waiting.reason is ParkingReason.NOT_YET
    now.forward(hours=0.2)
    await retrier.retry_due()
    (failed,) = await all_parked(committed, tenant)
    assert (failed.reason, failed.retry_at, failed.status) == (
        ParkingReason.FAILED,
        None,
        ParkedEventStatus.PARKED,
    )
    assert failed.error.startswith("The deadline has passed: NotYet")
    assert await outcomes(committed.worker, tenant, subscription) == {"parked": 1}


async def test_redriving_goes_in_order_and_stops_at_the_next_failure(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.broken = {"bad", "worse"}
    subscription, partition, note = effects_process(faults), Partition(tenant), new_id()
    processor = Processor(subscription, committed.worker)
    texts = ["bad", "", "worse", ""]
    await processor.apply([partition.note(note, s, t) for s, t in enumerate(texts, 1)])
    retrier = Retrier([subscription], committed.worker)
    assert await retrier.retry_due(ahead=timedelta(days=9)) == 0  # nobody requested it
    faults.broken = {"worse"}
    last = (await all_parked(committed, tenant))[-1]
    async with committed.worker.begin(None) as tx:
        await redrive_parked(
            tx, last.id, by="an operator", now=clock.now(), note="fixed the handler"
        )
    assert await retrier.retry_due() == 2
    assert await effects_of(committed.worker, tenant, note) == [1, 2]
    parked = await parked_queue(committed.worker, tenant)
    assert [(reason, status) for _, reason, status in parked] == [
        ("FAILED", "REDRIVEN"),
        ("BEHIND", "REDRIVEN"),
        ("FAILED", "PARKED"),
        ("BEHIND", "PARKED"),
    ]
    await processor.apply([partition.note(note, 5)])
    faults.broken.clear()
    async with committed.worker.begin(None) as tx:
        await redrive_parked(tx, last.id, by="cli", now=clock.now())
    assert await retrier.retry_due() == 3
    assert await effects_of(committed.worker, tenant, note) == [1, 2, 3, 4, 5]
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 5}
    first = (await all_parked(committed, tenant))[0]
    assert (first.resolved_by, first.note) == ("an operator", "fixed the handler")


async def test_a_skipped_event_is_never_applied_and_frees_its_key(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.broken = {"bad"}
    subscription, partition, note = effects_process(faults), Partition(tenant), new_id()
    bad, behind = partition.note(note, 1, "bad"), partition.note(note, 2)
    processor = Processor(subscription, committed.worker)
    await processor.apply([bad, behind])
    parked = (await all_parked(committed, tenant))[0]
    for _ in range(2):  # skipping twice returns the same
        async with committed.app.begin(tenant) as tx:
            skipped = await skip_parked(
                tx, parked.id, by="an admin", now=clock.now(), note="a test event"
            )
        assert (skipped.status, skipped.resolved_by, skipped.note) == (
            ParkedEventStatus.SKIPPED,
            "an admin",
            "a test event",
        )
    assert await outcomes(committed.worker, tenant, subscription) == {
        "ignored": 1,
        "parked": 1,
    }
    assert await Retrier([subscription], committed.worker).retry_due() == 1
    await processor.apply([bad, partition.redeliver(bad), partition.note(note, 3)])
    assert await effects_of(committed.worker, tenant, note) == [2, 3]
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 2,
        "ignored": 1,
        "duplicates": 2,
    }
    async with committed.app.begin(tenant) as tx:
        with pytest.raises(RuleBroken, match="PARKED_EVENT_SKIPPED"):
            await redrive_parked(tx, parked.id, by="x", now=clock.now())


async def test_skipping_the_only_event_frees_the_key_at_once(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.broken = {"bad"}
    subscription, partition, note = effects_process(faults), Partition(tenant), new_id()
    processor = Processor(subscription, committed.worker)
    await processor.apply([partition.note(note, 1, "bad")])
    (parked,) = await all_parked(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        await skip_parked(tx, parked.id, by="an admin", now=clock.now(), note="no")
    await processor.apply([partition.note(note, 2)])
    assert await effects_of(committed.worker, tenant, note) == [2]


async def test_an_event_skipped_by_a_replica_is_not_applied_again(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.broken = {"bad"}
    subscription, partition, note = copies_replica(faults), Partition(tenant), new_id()
    bad = partition.note(note, 1, "bad")
    await Processor(subscription, committed.worker).apply([bad])
    (parked,) = await all_parked(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        await skip_parked(tx, parked.id, by="x", now=clock.now(), note="no")
    faults.broken.clear()
    await Processor(subscription, committed.worker).apply([bad, partition.redeliver(bad)])
    assert await replicated(committed.worker, tenant) == {}
    counts = await outcomes(committed.worker, tenant, subscription)
    assert counts == {"ignored": 1, "duplicates": 2}


async def test_edited_data_is_applied_and_the_original_is_kept(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = effects_process(faults), Partition(tenant), new_id()
    value = make_envelope(tenant, note, 1, "x").encode().replace(b'"text":"x"', b'"text":null')
    await Processor(subscription, committed.worker).apply([partition.append(value)])
    (parked,) = await all_parked(committed, tenant)
    assert "does not fit its schema: text" in parked.error
    request = {"by": "an admin", "now": clock.now(), "note": "the text was missing"}
    async with committed.app.begin(tenant) as tx:
        with pytest.raises(Invalid) as refused:
            await edit_parked(tx, parked.id, {"text": 7}, **request)  # type: ignore[arg-type]
        assert [v.pointer for v in refused.value.violations] == ["/data/note_id", "/data/text"]
    for text in ("first try", "second try"):
        data = {"note_id": str(note), "text": text}
        async with committed.app.begin(tenant) as tx:
            await edit_parked(tx, parked.id, data, **request)  # type: ignore[arg-type]
    assert await Retrier([subscription], committed.worker).retry_due() == 1
    (edited,) = await all_parked(committed, tenant)
    assert edited.envelope["data"]["text"] == "second try"
    assert edited.envelope["original_data"]["text"] is None
    assert (edited.status, edited.resolved_by) == (ParkedEventStatus.REDRIVEN, "an admin")
    assert await effects_of(committed.worker, tenant, note) == [1]
    assert await outcomes(committed.worker, tenant, subscription) == {"applied": 1}


async def test_an_undecodable_event_can_only_be_skipped(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription = effects_process(faults)
    value = b'{"tenantid": "%s"}' % str(tenant).encode()
    await Processor(subscription, committed.worker).apply([Partition(tenant).append(value)])
    (parked,) = await all_parked(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        with pytest.raises(RuleBroken, match="PARKED_EVENT_UNREADABLE"):
            await edit_parked(tx, parked.id, {}, by="x", now=clock.now(), note="x")
        await redrive_parked(tx, parked.id, by="x", now=clock.now())
    assert await Retrier([subscription], committed.worker).retry_due() == 0
    (still,) = await all_parked(committed, tenant)
    assert (still.reason, still.attempts) == (ParkingReason.FAILED, 2)
    async with committed.app.begin(tenant) as tx:
        await skip_parked(tx, parked.id, by="x", now=clock.now(), note="garbage")
    assert await outcomes(committed.worker, tenant, subscription) == {"ignored": 1}


async def test_the_api_sees_only_the_parked_events_of_its_tenant(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.broken = {"bad"}
    record = Partition(tenant).note(new_id(), 1, "bad")
    await Processor(effects_process(faults), committed.worker).apply([record])
    (parked,) = await all_parked(committed, tenant)
    async with committed.app.begin(new_id()) as tx:
        assert await list_parked(tx) == []
        with pytest.raises(NotFound, match="PARKED_EVENT_NOT_FOUND"):
            await get_parked(tx, parked.id)


async def test_a_replica_parks_redrives_and_ignores_redeliveries(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    faults.broken = {"bad"}
    subscription, partition = copies_replica(faults), Partition(tenant)
    a, b = new_id(), new_id()
    batch = [partition.note(a, 1), partition.note(b, 1), partition.note(a, 2, "bad")]
    batch.append(partition.note(a, 3))
    for _ in range(2):
        await Processor(subscription, committed.worker).apply(batch)
    assert {k: v[1] for k, v in (await replicated(committed.worker, tenant)).items()} == {
        a: 1,
        b: 1,
    }
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 2,
        "parked": 2,
        "duplicates": 4,
    }
    faults.broken.clear()
    (head, _) = await all_parked(committed, tenant)
    async with committed.worker.begin(None) as tx:
        await redrive_parked(tx, head.id, by="cli", now=clock.now())
    assert await Retrier([subscription], committed.worker).retry_due() == 2
    assert {k: v[1] for k, v in (await replicated(committed.worker, tenant)).items()} == {
        a: 3,
        b: 1,
    }
    assert await outcomes(committed.worker, tenant, subscription) == {
        "applied": 4,
        "duplicates": 4,
    }
