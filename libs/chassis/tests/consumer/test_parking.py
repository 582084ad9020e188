"""Parked keys: retried by themselves, redriven in order, corrected, given up; always counted."""

from datetime import datetime, timedelta
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
from chassis.events.consumer.failures import RETRY_DELAYS_SECONDS, ParkingReason, next_retry_at
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.foundation import clock
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import new_id
from libs.chassis.tests.consumer.samples import (
    Moods,
    Partition,
    applied,
    blocked,
    copied,
    copier,
    counted,
    envelope_of,
    queue,
    recorder,
)
from testkit.plugin import Committed


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = clock.now()

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


async def parked_in(committed: Committed, tenant: UUID) -> list[ParkedEvent]:
    async with committed.worker.begin(tenant) as tx:
        return [one for one in await list_parked(tx, status=None) if one.tenant_id == tenant]


async def test_what_was_not_there_yet_is_applied_once_it_is(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.missing = {"early"}
    now, subscription, partition = Clock(), recorder(moods), Partition(tenant)
    note = new_id()
    await Processor(subscription, committed.worker, now=now).apply(
        [partition.note(note, 1, "early"), partition.note(note, 2), partition.note(new_id(), 1)]
    )
    reasons = [reason for _, reason, _ in await queue(committed.worker, tenant)]
    assert reasons == ["NOT_YET", "BEHIND"]
    assert await counted(committed.worker, tenant, subscription) == {"applied": 1, "parked": 2}
    retrier = Retrier([subscription], committed.worker, now=now)
    assert await retrier.retry_due() == 0  # not due
    now.forward(seconds=0.3)
    assert await retrier.retry_due() == 0  # due, and still missing
    moods.missing.clear()
    assert await retrier.retry_due() == 0  # not due again
    now.forward(seconds=0.7)
    assert await retrier.retry_due() == 2
    assert await applied(committed.worker, tenant, note) == [1, 2]
    assert await counted(committed.worker, tenant, subscription) == {"applied": 3}
    assert await blocked(committed.worker, tenant) == []
    first, second = await parked_in(committed, tenant)
    assert (first.status, first.attempts, first.resolved_by) == (
        ParkedEventStatus.REDRIVEN,
        2,
        "system:sample.effects",
    )
    assert second.status is ParkedEventStatus.REDRIVEN
    assert await Retrier([subscription], committed.worker, now=now).retry_due() == 0


async def test_waiting_has_a_deadline(committed: Committed, tenant: UUID, moods: Moods) -> None:
    moods.missing = {"never"}
    now, subscription = Clock(), recorder(moods)
    record = Partition(tenant).note(new_id(), 1, "never")
    await Processor(subscription, committed.worker, now=now).apply([record])
    retrier = Retrier([subscription], committed.worker, now=now)
    now.forward(hours=23.9)
    await retrier.retry_due()
    (waiting,) = await parked_in(committed, tenant)
    assert waiting.reason is ParkingReason.NOT_YET
    now.forward(hours=0.2)
    await retrier.retry_due()
    (failed,) = await parked_in(committed, tenant)
    assert (failed.reason, failed.retry_at, failed.status) == (
        ParkingReason.FAILED,
        None,
        ParkedEventStatus.PARKED,
    )
    assert failed.error.startswith("Waited in vain: NotYet")
    assert await counted(committed.worker, tenant, subscription) == {"parked": 1}


def test_retries_come_quickly_at_first_and_never_stop() -> None:
    start = clock.now()
    for attempts in range(1, 40):
        rest = (next_retry_at(attempts, start) - start).total_seconds()
        wanted = RETRY_DELAYS_SECONDS[min(attempts, len(RETRY_DELAYS_SECONDS)) - 1]
        assert 0.75 * wanted < rest < 1.25 * wanted


async def test_redriving_goes_in_order_and_stops_at_the_next_failure(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.broken = {"bad", "worse"}
    subscription, partition, note = recorder(moods), Partition(tenant), new_id()
    processor = Processor(subscription, committed.worker)
    texts = ["bad", "", "worse", ""]
    await processor.apply([partition.note(note, s, t) for s, t in enumerate(texts, 1)])
    retrier = Retrier([subscription], committed.worker)
    assert await retrier.retry_due(ahead=timedelta(days=9)) == 0  # nobody has asked
    moods.broken = {"worse"}
    last = (await parked_in(committed, tenant))[-1]
    async with committed.worker.begin(None) as tx:
        await redrive_parked(
            tx, last.id, by="an operator", now=clock.now(), note="fixed the handler"
        )
    assert await retrier.retry_due() == 2
    assert await applied(committed.worker, tenant, note) == [1, 2]
    found = await queue(committed.worker, tenant)
    assert [(reason, status) for _, reason, status in found] == [
        ("FAILED", "REDRIVEN"),
        ("BEHIND", "REDRIVEN"),
        ("FAILED", "PARKED"),
        ("BEHIND", "PARKED"),
    ]
    await processor.apply([partition.note(note, 5)])
    moods.broken.clear()
    async with committed.worker.begin(None) as tx:
        await redrive_parked(tx, last.id, by="cli", now=clock.now())
    assert await retrier.retry_due() == 3
    assert await applied(committed.worker, tenant, note) == [1, 2, 3, 4, 5]
    assert await counted(committed.worker, tenant, subscription) == {"applied": 5}
    first = (await parked_in(committed, tenant))[0]
    assert (first.resolved_by, first.note) == ("an operator", "fixed the handler")


async def test_an_event_given_up_is_never_applied_and_frees_its_key(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.broken = {"bad"}
    subscription, partition, note = recorder(moods), Partition(tenant), new_id()
    bad, behind = partition.note(note, 1, "bad"), partition.note(note, 2)
    processor = Processor(subscription, committed.worker)
    await processor.apply([bad, behind])
    parked = (await parked_in(committed, tenant))[0]
    for _ in range(2):  # repeating it answers the same
        async with committed.app.begin(tenant) as tx:
            done = await skip_parked(
                tx, parked.id, by="an admin", now=clock.now(), note="a test event"
            )
        assert (done.status, done.resolved_by, done.note) == (
            ParkedEventStatus.SKIPPED,
            "an admin",
            "a test event",
        )
    assert await counted(committed.worker, tenant, subscription) == {"ignored": 1, "parked": 1}
    assert await Retrier([subscription], committed.worker).retry_due() == 1
    await processor.apply([bad, partition.again(bad), partition.note(note, 3)])
    assert await applied(committed.worker, tenant, note) == [2, 3]
    assert await counted(committed.worker, tenant, subscription) == {
        "applied": 2,
        "ignored": 1,
        "duplicates": 2,
    }
    async with committed.app.begin(tenant) as tx:
        with pytest.raises(RuleBroken, match="PARKED_EVENT_SKIPPED"):
            await redrive_parked(tx, parked.id, by="x", now=clock.now())


async def test_skipping_the_only_event_unblocks_at_once(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.broken = {"bad"}
    subscription, partition, note = recorder(moods), Partition(tenant), new_id()
    processor = Processor(subscription, committed.worker)
    await processor.apply([partition.note(note, 1, "bad")])
    (parked,) = await parked_in(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        await skip_parked(tx, parked.id, by="an admin", now=clock.now(), note="no")
    await processor.apply([partition.note(note, 2)])
    assert await applied(committed.worker, tenant, note) == [2]


async def test_what_a_replica_gave_up_does_not_come_back(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.broken = {"bad"}
    subscription, partition, note = copier(moods), Partition(tenant), new_id()
    bad = partition.note(note, 1, "bad")
    await Processor(subscription, committed.worker).apply([bad])
    (parked,) = await parked_in(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        await skip_parked(tx, parked.id, by="x", now=clock.now(), note="no")
    moods.broken.clear()
    await Processor(subscription, committed.worker).apply([bad, partition.again(bad)])
    assert await copied(committed.worker, tenant) == {}
    counts = await counted(committed.worker, tenant, subscription)
    assert counts == {"ignored": 1, "duplicates": 2}


async def test_corrected_data_is_applied_and_the_original_kept(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription, partition, note = recorder(moods), Partition(tenant), new_id()
    value = envelope_of(tenant, note, 1, "x").encode().replace(b'"text":"x"', b'"text":null')
    await Processor(subscription, committed.worker).apply([partition.append(value)])
    (parked,) = await parked_in(committed, tenant)
    assert "does not fit its schema: text" in parked.error
    asked = {"by": "an admin", "now": clock.now(), "note": "the text was missing"}
    async with committed.app.begin(tenant) as tx:
        with pytest.raises(Invalid) as refused:
            await edit_parked(tx, parked.id, {"text": 7}, **asked)  # type: ignore[arg-type]
        assert [v.pointer for v in refused.value.violations] == ["/data/note_id", "/data/text"]
    for text in ("first try", "second try"):
        data = {"note_id": str(note), "text": text}
        async with committed.app.begin(tenant) as tx:
            await edit_parked(tx, parked.id, data, **asked)  # type: ignore[arg-type]
    assert await Retrier([subscription], committed.worker).retry_due() == 1
    (done,) = await parked_in(committed, tenant)
    assert done.envelope["data"]["text"] == "second try"
    assert done.envelope["original_data"]["text"] is None
    assert (done.status, done.resolved_by) == (ParkedEventStatus.REDRIVEN, "an admin")
    assert await applied(committed.worker, tenant, note) == [1]
    assert await counted(committed.worker, tenant, subscription) == {"applied": 1}


async def test_what_cannot_be_read_can_only_be_given_up(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    subscription = recorder(moods)
    value = b'{"tenantid": "%s"}' % str(tenant).encode()
    await Processor(subscription, committed.worker).apply([Partition(tenant).append(value)])
    (parked,) = await parked_in(committed, tenant)
    async with committed.app.begin(tenant) as tx:
        with pytest.raises(RuleBroken, match="PARKED_EVENT_UNREADABLE"):
            await edit_parked(tx, parked.id, {}, by="x", now=clock.now(), note="x")
        await redrive_parked(tx, parked.id, by="x", now=clock.now())
    assert await Retrier([subscription], committed.worker).retry_due() == 0
    (still,) = await parked_in(committed, tenant)
    assert (still.reason, still.attempts) == (ParkingReason.FAILED, 2)
    async with committed.app.begin(tenant) as tx:
        await skip_parked(tx, parked.id, by="x", now=clock.now(), note="garbage")
    assert await counted(committed.worker, tenant, subscription) == {"ignored": 1}


async def test_an_api_sees_only_its_tenants_parked_events(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.broken = {"bad"}
    record = Partition(tenant).note(new_id(), 1, "bad")
    await Processor(recorder(moods), committed.worker).apply([record])
    (parked,) = await parked_in(committed, tenant)
    async with committed.app.begin(new_id()) as tx:
        assert await list_parked(tx) == []
        with pytest.raises(NotFound, match="PARKED_EVENT_NOT_FOUND"):
            await get_parked(tx, parked.id)


async def test_a_replica_parks_redrives_and_ignores_redeliveries(
    committed: Committed, tenant: UUID, moods: Moods
) -> None:
    moods.broken = {"bad"}
    subscription, partition = copier(moods), Partition(tenant)
    a, b = new_id(), new_id()
    batch = [partition.note(a, 1), partition.note(b, 1), partition.note(a, 2, "bad")]
    batch.append(partition.note(a, 3))
    for _ in range(2):
        await Processor(subscription, committed.worker).apply(batch)
    assert {k: v[1] for k, v in (await copied(committed.worker, tenant)).items()} == {a: 1, b: 1}
    assert await counted(committed.worker, tenant, subscription) == {
        "applied": 2,
        "parked": 2,
        "duplicates": 4,
    }
    moods.broken.clear()
    (head, _) = await parked_in(committed, tenant)
    async with committed.worker.begin(None) as tx:
        await redrive_parked(tx, head.id, by="cli", now=clock.now())
    assert await Retrier([subscription], committed.worker).retry_due() == 2
    assert {k: v[1] for k, v in (await copied(committed.worker, tenant)).items()} == {a: 3, b: 1}
    assert await counted(committed.worker, tenant, subscription) == {"applied": 4, "duplicates": 4}
