"""One transaction of a consumer: records of one tenant, each with exactly one outcome.

An exception of a handler passes through and rolls the whole transaction back.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.tombstones import is_tombstone
from chassis.database.write_cause import attribute_writes
from chassis.events.consumer import counts, dead_letters, inbox
from chassis.events.consumer.counts import Outcome
from chassis.events.consumer.decoded_records import DecodedRecord, from_stored_json
from chassis.events.consumer.failures import Failure, ParkingReason
from chassis.events.envelope import Envelope, EnvelopeInvalid
from chassis.events.rebuilds import staging
from chassis.events.replicas import ReceivedState, ReplicaSubscription
from chassis.events.subscriptions import ProcessSubscription, Subscription, SubscriptionKind
from chassis.foundation.context import SYSTEM_ACTOR, Context, use_context
from contracts.event import AggregateState, Event

RecordOutcomes = list[tuple[DecodedRecord, Outcome]]


class RecentEvents:
    """The ids of the last events this process has committed.

    It tells a redelivery from a stale event where the inbox has no row. It only decides a label in
    the counts, never whether an event is applied.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._ids: OrderedDict[UUID, None] = OrderedDict()

    def add(self, event_ids: Iterable[UUID]) -> None:
        """Remember these ids and forget the oldest beyond the limit."""
        for event_id in event_ids:
            self._ids[event_id] = None
        while len(self._ids) > self._limit:
            self._ids.popitem(last=False)

    def __contains__(self, event_id: UUID) -> bool:
        return event_id in self._ids


class BatchTransaction:
    """Processes records of one tenant in one transaction."""

    def __init__(
        self,
        tx: AsyncConnection,
        tenant: UUID,
        subscription: Subscription,
        *,
        recent: RecentEvents,
        monotonic_offsets: bool,
        now: datetime,
    ) -> None:
        self._tx = tx
        self._tenant = tenant
        self._subscription = subscription
        self._recent = recent
        self._monotonic_offsets = monotonic_offsets
        self._now = now
        self._last_offsets: dict[counts.TopicPartition, int] = {}
        self._parked_keys: set[str] = set()
        self._outcomes: RecordOutcomes = []
        self.handling = False  # whether a failure from here on may be a handler's

    async def run(
        self, records: Sequence[DecodedRecord], failure: Failure | None = None
    ) -> RecordOutcomes:
        """Process every record and count its outcome; with a failure, park the records for it.

        Records of a deleted tenant are ignored and leave no trace, not even a count.
        """
        if await is_tombstone(self._tx, self._tenant):
            return [(record, Outcome.IGNORED) for record in records]
        partitions = {record.source.topic_partition for record in records}
        self._last_offsets = await counts.lock(
            self._tx, self._tenant, self._subscription, partitions
        )
        new = await self._without_duplicates(records)
        self._parked_keys = await dead_letters.lock_parked_keys(
            self._tx,
            self._tenant,
            self._subscription,
            [record.key for record in new if not record.ignored],
        )
        to_handle = [record for record in new if not await self._set_aside(record, failure)]
        self.handling = bool(to_handle)
        outcomes = await run_handlers(self._tx, self._subscription, to_handle)
        for record in to_handle:
            outcome = outcomes[record.event_id]
            redelivered = outcome is Outcome.SKIPPED and self._is_redelivery(record)
            self._record_outcome(record, Outcome.DUPLICATE if redelivered else outcome)
        await self._save_counts()
        return self._outcomes

    async def _without_duplicates(self, records: Sequence[DecodedRecord]) -> list[DecodedRecord]:
        """Drop records that come twice in this batch, or that the inbox has already."""
        first: dict[UUID, DecodedRecord] = {}
        for record in records:
            if first.setdefault(record.event_id, record) is not record:
                self._record_outcome(record, Outcome.DUPLICATE)
        duplicates = await self._in_inbox([one for one in first.values() if not one.ignored])
        for event_id in duplicates:
            self._record_outcome(first.pop(event_id), Outcome.DUPLICATE)
        return list(first.values())

    async def _in_inbox(self, records: Sequence[DecodedRecord]) -> set[UUID]:
        """Return the events processed before; a process records the others, a replica does not."""
        ids = {record.event_id for record in records}
        if not ids:
            return set()
        if self._subscription.kind is SubscriptionKind.PROCESS:
            new = await inbox.record_processed(self._tx, self._tenant, self._subscription, ids)
            return ids - new
        return await inbox.already_processed(self._tx, self._tenant, self._subscription, ids)

    async def _set_aside(self, record: DecodedRecord, failure: Failure | None) -> bool:
        """Ignore or park the record where it must not reach its handler; True when it was."""
        if record.ignored:
            redelivered = self._is_redelivery(record)
            self._record_outcome(record, Outcome.DUPLICATE if redelivered else Outcome.IGNORED)
        elif record.key in self._parked_keys:
            await self._park_behind(record)
        elif failure is not None:
            await self._park(record, failure)
        elif record.error is not None:
            await self._park(record, Failure(ParkingReason.FAILED, record.error))
        else:
            return False
        return True

    async def _park_behind(self, record: DecodedRecord) -> None:
        is_replica = self._subscription.kind is SubscriptionKind.REPLICA
        if is_replica and await self._was_applied(record):
            self._record_outcome(record, Outcome.DUPLICATE)  # before its key was parked
        else:
            await self._park(record, Failure(ParkingReason.BEHIND, ""))

    async def _was_applied(self, record: DecodedRecord) -> bool:
        """Whether an event of a parked key was delivered before the key was parked.

        An offset alone cannot tell: a broker that lost its log counts from 0 again. So an event
        that is not older than the first parked one of its key waits behind it.
        """
        if record.event_id in self._recent or not self._is_redelivery(record):
            return record.event_id in self._recent
        first = await dead_letters.head(self._tx, self._tenant, self._subscription.name, record.key)
        version = None if first is None else _version_of(from_stored_json(first.envelope))
        if version is None or record.envelope is None:
            return True
        return record.envelope.version < version

    async def _park(self, record: DecodedRecord, failure: Failure) -> None:
        await dead_letters.park(
            self._tx, self._tenant, self._subscription, record, failure, self._now
        )
        if self._subscription.kind is SubscriptionKind.REPLICA:
            await inbox.record_processed(
                self._tx, self._tenant, self._subscription, [record.event_id]
            )
        self._parked_keys.add(record.key)
        self._record_outcome(record, Outcome.PARKED)

    def _is_redelivery(self, record: DecodedRecord) -> bool:
        """Whether the record was delivered before, as far as the offsets and this process tell."""
        last_offset = self._last_offsets[record.source.topic_partition]
        already_passed = self._monotonic_offsets and record.source.offset <= last_offset
        return already_passed or record.event_id in self._recent

    def _record_outcome(self, record: DecodedRecord, outcome: Outcome) -> None:
        self._outcomes.append((record, outcome))

    async def _save_counts(self) -> None:
        tallies = counts.tally(
            (record.source.topic_partition, outcome) for record, outcome in self._outcomes
        )
        offsets: dict[counts.TopicPartition, int] = {}
        for record, _ in self._outcomes:
            partition = record.source.topic_partition
            offsets[partition] = max(record.source.offset, offsets.get(partition, -1))
        await counts.add(self._tx, self._tenant, self._subscription, tallies, offsets)


async def run_handlers(
    tx: AsyncConnection, subscription: Subscription, records: Collection[DecodedRecord]
) -> dict[UUID, Outcome]:
    """Pass decoded events of one tenant to their handlers, in order; returns outcomes by event id.

    Raises what a handler raises.
    """
    if isinstance(subscription, ReplicaSubscription):
        return await _copy_states(tx, subscription, list(records))
    assert isinstance(subscription, ProcessSubscription)
    for record in records:
        assert isinstance(record.content, Event)
        with _event_context(subscription, record):
            await attribute_writes(tx)
            await subscription.handlers[type(record.content)](tx, record.content, record.meta)
    return {record.event_id: Outcome.APPLIED for record in records}


async def _copy_states(
    tx: AsyncConnection, subscription: ReplicaSubscription, records: Sequence[DecodedRecord]
) -> dict[UUID, Outcome]:
    """Copy the states of one tenant's records."""
    if not records:
        return {}
    received = [ReceivedState(_state(record), record.meta) for record in records]
    await _stage(tx, subscription, records)
    with _event_context(subscription, records[-1]):
        applied = await subscription.apply(tx, received)
    return {
        record.event_id: Outcome.APPLIED if record.event_id in applied else Outcome.SKIPPED
        for record in records
    }


async def _stage(
    tx: AsyncConnection, subscription: ReplicaSubscription, records: Sequence[DecodedRecord]
) -> None:
    """Stage the records for the generation that is being built, if one is."""
    running = await staging.running_rebuild(tx, records[0].tenant, subscription.name)
    if running is None:
        return
    rebuild_id, snapshot_id = running
    envelopes = [record.envelope for record in records if record.envelope is not None]
    own = [one for one in envelopes if staging.belongs(subscription, one, snapshot_id)]
    await staging.stage(tx, rebuild_id, own)


def _state(record: DecodedRecord) -> AggregateState:
    assert isinstance(record.content, AggregateState)
    return record.content


def _version_of(value: bytes) -> tuple[int, int] | None:
    """Return the version in an encoded event; None if it cannot be decoded."""
    try:
        return Envelope.decode(value).version
    except EnvelopeInvalid:
        return None


def _event_context(
    subscription: Subscription, record: DecodedRecord
) -> AbstractContextManager[Context]:
    """Attribute what the handler does to this event and its correlation id."""
    envelope = record.envelope
    assert envelope is not None
    return use_context(
        Context(
            request_id=str(envelope.id),
            correlation_id=envelope.correlationid,
            causation_id=str(envelope.id),
            origin=f"{envelope.aggregate_type}:{envelope.subject}",
            traceparent=envelope.traceparent,
            actor=_actor(subscription, envelope),
            tenant=str(record.tenant),
        )
    )


def _actor(subscription: Subscription, envelope: Envelope) -> str:
    """Return who caused the event: a person, also over several services, else the subscription."""
    if envelope.actor is None or envelope.actor.startswith(SYSTEM_ACTOR):
        return f"{SYSTEM_ACTOR}{subscription.name}"
    return envelope.actor
