"""Whatever is delivered, in whatever order and however often: one state, and nothing uncounted."""

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
from libs.chassis.tests.consumer.samples import (
    Moods,
    Partition,
    applied,
    blocked,
    copied,
    copier,
    counted,
    recorder,
)
from testkit.plugin import Committed

KINDS = ("good", "good", "good", "bad", "early", "unwanted")


@dataclass(frozen=True)
class Story:
    """Events as (key, kind); the log names them by index; reads are (rewind, length, restart)."""

    events: list[tuple[int, str]]
    log: list[int]
    reads: list[tuple[int, int, bool]]
    given_up: set[int]


@st.composite
def stories(draw: st.DrawFn, *, restarts: bool) -> Story:
    """With restarts there are no unwanted types: their re-sending is only known while we live."""
    kinds = st.sampled_from([k for k in KINDS if not (restarts and k == "unwanted")])
    events = draw(st.lists(st.tuples(st.integers(0, 2), kinds), min_size=1, max_size=12))
    again = draw(st.lists(st.sampled_from(range(len(events))), max_size=8))
    log = draw(st.permutations([*range(len(events)), *again]))
    read = st.tuples(
        st.integers(0, 6), st.integers(1, 9), st.booleans() if restarts else st.just(False)
    )
    reads = draw(st.lists(read, max_size=8))
    return Story(events, log, reads, draw(st.sets(st.sampled_from(range(len(events))))))


def records_of(story: Story, tenant: UUID) -> tuple[list[UUID], list[ConsumerRecord]]:
    """The topic's log; sequences count up per key, the log may shuffle them."""
    partition, keys = Partition(tenant), [new_id() for _ in range(3)]
    sequences = dict.fromkeys(range(3), 0)
    made: list[ConsumerRecord] = []
    for index, (key, kind) in enumerate(story.events):
        sequences[key] += 1
        told = {"kind": "testkit.note.burnt.v1"} if kind == "unwanted" else {}
        made.append(partition.note(keys[key], sequences[key], f"{kind}{index}", **told))
    log = Partition(tenant)
    return keys, [log.append(made[index].value) for index in story.log]


async def tell(
    story: Story, log: list[ConsumerRecord], subscription: Subscription, database: Database
) -> None:
    """Read the log with rewinds and restarts, to its end."""
    processor, position = Processor(subscription, database), 0
    for rewind, length, restart in [*story.reads, (0, len(log), False)]:
        start = max(0, position - rewind)
        await processor.apply(log[start : start + length])
        position = max(position, min(len(log), start + length))
        if restart:
            processor = Processor(subscription, database)


def uncounted(counts: dict[str, int], story: Story) -> int:
    seen = sum(counts.get(name, 0) for name in ("applied", "skipped", "ignored", "parked"))
    return len(story.events) - seen


async def settle(
    story: Story, subscription: Subscription, database: Database, tenant: UUID, moods: Moods
) -> set[int]:
    """Repair the handlers, give up what is to be given up, redrive the rest; returns the former."""
    given_up: set[int] = set()
    moods.broken.clear()
    moods.missing.clear()
    retrier = Retrier([subscription], database)
    while parked := await _parked(database, tenant):
        for one in parked:
            index = _index(one)
            async with database.begin(None) as tx:
                if index in story.given_up:
                    await skip_parked(tx, one.id, by="test", now=clock.now(), note="given up")
                    given_up.add(index)
                elif one.reason is ParkingReason.FAILED:
                    await redrive_parked(tx, one.id, by="test", now=clock.now())
        await retrier.retry_due(ahead=RETRY_HORIZON)
    return given_up


async def _parked(database: Database, tenant: UUID) -> list[ParkedEvent]:
    async with database.begin(None) as tx:
        return [one for one in await list_parked(tx) if one.tenant_id == tenant]


def _index(parked: ParkedEvent) -> int:
    return int("".join(c for c in parked.envelope["data"]["text"] if c.isdigit()))


def complaints(story: Story, moods: Moods) -> None:
    moods.broken = {f"bad{i}" for i in range(len(story.events))}
    moods.missing = {f"early{i}" for i in range(len(story.events))}


def wanted(story: Story, given_up: set[int], key: int) -> list[int]:
    """The sequences that had to be applied to a key, in the order in which they came first."""
    sequence, sequences = 0, {}
    for index, (of_key, kind) in enumerate(story.events):
        if of_key == key:
            sequence += 1
            if kind != "unwanted" and index not in given_up:
                sequences[index] = sequence
    return [sequences[index] for index in dict.fromkeys(story.log) if index in sequences]


RELAXED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("restarts", [False, True])
@RELAXED
@given(data=st.data())
async def test_a_process_applies_every_event_once_and_in_order(
    committed: Committed, moods: Moods, data: st.DataObject, restarts: bool
) -> None:
    story, tenant = data.draw(stories(restarts=restarts)), new_id()
    keys, log = records_of(story, tenant)
    subscription, database = recorder(moods), committed.worker
    complaints(story, moods)
    await tell(story, log, subscription, database)
    assert uncounted(await counted(database, tenant, subscription), story) == 0
    given_up = await settle(story, subscription, database, tenant, moods)
    await tell(story, log, subscription, database)
    for key, note in enumerate(keys):
        assert await applied(database, tenant, note) == wanted(story, given_up, key)
    counts = await counted(database, tenant, subscription)
    assert (uncounted(counts, story), counts.get("parked", 0)) == (0, 0)
    assert await blocked(database, tenant) == []


@RELAXED
@given(story=stories(restarts=False))
async def test_a_replica_ends_in_the_newest_state(
    committed: Committed, moods: Moods, story: Story
) -> None:
    tenant = new_id()
    keys, log = records_of(story, tenant)
    subscription, database = copier(moods), committed.worker
    complaints(story, moods)
    await tell(story, log, subscription, database)
    assert uncounted(await counted(database, tenant, subscription), story) == 0
    given_up = await settle(story, subscription, database, tenant, moods)
    await tell(story, log, subscription, database)
    found = await copied(database, tenant)
    for key, note in enumerate(keys):
        sequences = wanted(story, given_up, key)
        assert found.get(note, (1, 0))[1] == max(sequences, default=0)
    counts = await counted(database, tenant, subscription)
    assert (uncounted(counts, story), counts.get("parked", 0)) == (0, 0)
