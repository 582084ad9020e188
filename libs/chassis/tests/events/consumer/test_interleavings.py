"""Property test: any order and number of deliveries leads to one state, and all is counted."""

from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database.engine import Database
from chassis.events.consumer.dead_letter_commands import list_parked, redrive_parked, skip_parked
from chassis.events.consumer.dead_letters import ParkedEvent
from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.failures import ParkingReason
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.in_process_transport import RETRY_HORIZON
from chassis.events.subscriptions import Subscription
from chassis.foundation import clock
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    Partition,
    copies_replica,
    effects_of,
    effects_process,
    keys_parked,
    outcomes,
    replicated,
)
from testkit.plugin import Committed

KINDS = ("good", "good", "good", "bad", "early", "unhandled")


@dataclass(frozen=True)
class Story:
    """Events are (key, kind); the log holds their indexes; reads are (rewind, length, restart)."""

    events: list[tuple[int, str]]
    log: list[int]
    reads: list[tuple[int, int, bool]]
    skipped: set[int]


@st.composite
def stories(draw: st.DrawFn, *, restarts: bool) -> Story:
    """Draw a story; unhandled types only without restarts, which forget their redeliveries."""
    kinds = st.sampled_from([k for k in KINDS if not (restarts and k == "unhandled")])
    events = draw(st.lists(st.tuples(st.integers(0, 2), kinds), min_size=1, max_size=12))
    again = draw(st.lists(st.sampled_from(range(len(events))), max_size=8))
    log = draw(st.permutations([*range(len(events)), *again]))
    read = st.tuples(
        st.integers(0, 6), st.integers(1, 9), st.booleans() if restarts else st.just(False)
    )
    reads = draw(st.lists(read, max_size=8))
    return Story(events, log, reads, draw(st.sets(st.sampled_from(range(len(events))))))


def records_of(story: Story, tenant: UUID) -> tuple[list[UUID], list[ConsumerRecord]]:
    """Return the keys and the topic's log; sequences grow per key, the log may shuffle them."""
    partition, keys = Partition(tenant), [new_id() for _ in range(3)]
    sequences = dict.fromkeys(range(3), 0)
    records: list[ConsumerRecord] = []
    for index, (key, kind) in enumerate(story.events):
        sequences[key] += 1
        options = {"kind": "testkit.note.burnt.v1"} if kind == "unhandled" else {}
        records.append(partition.note(keys[key], sequences[key], f"{kind}{index}", **options))
    log = Partition(tenant)
    return keys, [log.append(records[index].value) for index in story.log]


async def deliver(
    story: Story, log: list[ConsumerRecord], subscription: Subscription, database: Database
) -> None:
    """Read the log to its end, with rewinds and restarts."""
    processor, position = Processor(subscription, database), 0
    for rewind, length, restart in [*story.reads, (0, len(log), False)]:
        start = max(0, position - rewind)
        await processor.apply(log[start : start + length])
        position = max(position, min(len(log), start + length))
        if restart:
            processor = Processor(subscription, database)


def uncounted(counts: dict[str, int], story: Story) -> int:
    counted = sum(counts.get(name, 0) for name in ("applied", "skipped", "ignored", "parked"))
    return len(story.events) - counted


async def resolve_parked(
    story: Story,
    subscription: Subscription,
    database: Database,
    tenant: UUID,
    faults: Faults,
) -> set[int]:
    """Repair the handlers, skip or redrive every parked event; returns the skipped indexes."""
    skipped: set[int] = set()
    faults.broken.clear()
    faults.not_yet.clear()
    retrier = Retrier([subscription], database)
    while parked := await _parked(database, tenant):
        for one in parked:
            index = _index(one)
            async with database.begin(None) as tx:
                if index in story.skipped:
                    await skip_parked(tx, one.id, by="test", now=clock.now(), note="skipped")
                    skipped.add(index)
                elif one.reason is ParkingReason.FAILED:
                    await redrive_parked(tx, one.id, by="test", now=clock.now())
        await retrier.retry_due(ahead=RETRY_HORIZON)
    return skipped


async def _parked(database: Database, tenant: UUID) -> list[ParkedEvent]:
    async with database.begin(None) as tx:
        return [one for one in await list_parked(tx) if one.tenant_id == tenant]


def _index(parked: ParkedEvent) -> int:
    return int("".join(c for c in parked.envelope["data"]["text"] if c.isdigit()))


def break_handlers(story: Story, faults: Faults) -> None:
    faults.broken = {f"bad{i}" for i in range(len(story.events))}
    faults.not_yet = {f"early{i}" for i in range(len(story.events))}


def expected_sequences(
    story: Story, skipped: set[int], key: int, *, of_replica: bool = False
) -> list[int]:
    """Return the sequences that must be applied to a key, in the order of first delivery."""
    sequence, sequences = 0, {}
    for index, (of_key, kind) in enumerate(story.events):
        if of_key == key:
            sequence += 1
            if (of_replica or kind != "unhandled") and index not in skipped:
                sequences[index] = sequence
    return [sequences[index] for index in dict.fromkeys(story.log) if index in sequences]


RELAXED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("restarts", [False, True])
@RELAXED
@given(data=st.data())
async def test_a_process_applies_every_event_once_and_in_order(
    committed: Committed, faults: Faults, data: st.DataObject, restarts: bool
) -> None:
    story, tenant = data.draw(stories(restarts=restarts)), new_id()
    keys, log = records_of(story, tenant)
    subscription, database = effects_process(faults), committed.worker
    break_handlers(story, faults)
    await deliver(story, log, subscription, database)
    assert uncounted(await outcomes(database, tenant, subscription), story) == 0
    skipped = await resolve_parked(story, subscription, database, tenant, faults)
    await deliver(story, log, subscription, database)
    for key, note in enumerate(keys):
        assert await effects_of(database, tenant, note) == expected_sequences(story, skipped, key)
    counts = await outcomes(database, tenant, subscription)
    assert (uncounted(counts, story), counts.get("parked", 0)) == (0, 0)
    assert await keys_parked(database, tenant) == []


@RELAXED
@given(story=stories(restarts=False))
async def test_a_replica_ends_in_the_newest_state(
    committed: Committed, faults: Faults, story: Story
) -> None:
    tenant = new_id()
    keys, log = records_of(story, tenant)
    subscription, database = copies_replica(faults), committed.worker
    break_handlers(story, faults)
    await deliver(story, log, subscription, database)
    assert uncounted(await outcomes(database, tenant, subscription), story) == 0
    skipped = await resolve_parked(story, subscription, database, tenant, faults)
    await deliver(story, log, subscription, database)
    replicas = await replicated(database, tenant)
    for key, note in enumerate(keys):
        sequences = expected_sequences(story, skipped, key, of_replica=True)
        assert replicas.get(note, (1, 0))[1] == max(sequences, default=0)
    counts = await outcomes(database, tenant, subscription)
    assert (uncounted(counts, story), counts.get("parked", 0)) == (0, 0)
