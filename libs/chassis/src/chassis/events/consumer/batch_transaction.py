"""One transaction's work: arrivals of one tenant go in, each comes out with exactly one outcome.

An exception of a handler leaves through here and takes the whole transaction with it.
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
from chassis.events.consumer.decoded_records import DecodedRecord
from chassis.events.consumer.failures import Failure, ParkingReason
from chassis.events.subscriptions import ReplicaResult, Subscription, SubscriptionKind
from chassis.foundation.context import Context, use_context

RecordOutcomes = list[tuple[DecodedRecord, Outcome]]


class RecentEvents:
    """The last events this process is done with.

    Only to tell a redelivery from a stale event where no receipt is kept: it decides a label in
    the counts, never whether an event is applied.
    """

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._ids: OrderedDict[UUID, None] = OrderedDict()

    def add(self, event_ids: Iterable[UUID]) -> None:
        for event_id in event_ids:
            self._ids[event_id] = None
        while len(self._ids) > self._limit:
            self._ids.popitem(last=False)

    def __contains__(self, event_id: UUID) -> bool:
        return event_id in self._ids


class BatchTransaction:
    """Arrivals of one tenant in one transaction."""

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
        self._offsets_rise = monotonic_offsets
        self._now = now
        self._last_offsets: dict[counts.TopicPartition, int] = {}
        self._parked: set[str] = set()
        self._outcomes: RecordOutcomes = []
        self.handling = False  # whether a failure from here on may be a handler's

    async def run(
        self, arrivals: Sequence[DecodedRecord], failure: Failure | None = None
    ) -> RecordOutcomes:
        """Bring every arrival to its outcome and count it; with a failure, park them for it.

        What comes for a tenant that was deleted leaves no trace, not even a count.
        """
        if await is_tombstone(self._tx, self._tenant):
            return [(arrival, Outcome.IGNORED) for arrival in arrivals]
        places = {arrival.record.place for arrival in arrivals}
        self._last_offsets = await counts.lock(self._tx, self._tenant, self._subscription, places)
        fresh = await self._without_duplicates(arrivals)
        keys = [arrival.key for arrival in fresh if not arrival.ignored]
        self._parked = await dead_letters.lock_parked_keys(
            self._tx, self._tenant, self._subscription, keys
        )
        flowing = [arrival for arrival in fresh if not await self._set_aside(arrival, failure)]
        self.handling = bool(flowing)
        applied = await run_handlers(self._tx, self._subscription, flowing)
        for arrival in flowing:
            outcome = applied[arrival.event_id]
            stale = outcome in (Outcome.SKIPPED, Outcome.IGNORED)
            self._settle(arrival, Outcome.DUPLICATE if stale and self._seen(arrival) else outcome)
        await self._count()
        return self._outcomes

    async def _without_duplicates(self, arrivals: Sequence[DecodedRecord]) -> list[DecodedRecord]:
        """Drops what came twice in this batch, and what is signed for in the inbox."""
        first: dict[UUID, DecodedRecord] = {}
        for arrival in arrivals:
            if first.setdefault(arrival.event_id, arrival) is not arrival:
                self._settle(arrival, Outcome.DUPLICATE)
        known = await self._signed_for([one for one in first.values() if not one.ignored])
        for event_id in known:
            self._settle(first.pop(event_id), Outcome.DUPLICATE)
        return list(first.values())

    async def _signed_for(self, arrivals: Sequence[DecodedRecord]) -> set[UUID]:
        """Those taken over before; a process signs for all the others, a replica for none."""
        ids = {arrival.event_id for arrival in arrivals}
        if not ids:
            return set()
        if self._subscription.kind is SubscriptionKind.PROCESS:
            return ids - await inbox.record_processed(
                self._tx, self._tenant, self._subscription, ids
            )
        return await inbox.already_processed(self._tx, self._tenant, self._subscription, ids)

    async def _set_aside(self, arrival: DecodedRecord, failure: Failure | None) -> bool:
        if arrival.ignored:
            again = self._seen(arrival)
            self._settle(arrival, Outcome.DUPLICATE if again else Outcome.IGNORED)
        elif arrival.key in self._parked:
            await self._behind(arrival)
        elif failure is not None:
            await self._park(arrival, failure)
        elif arrival.error is not None:
            await self._park(arrival, Failure(ParkingReason.FAILED, arrival.error))
        else:
            return False
        return True

    async def _behind(self, arrival: DecodedRecord) -> None:
        if self._subscription.kind is SubscriptionKind.REPLICA and self._seen(arrival):
            self._settle(arrival, Outcome.DUPLICATE)  # applied before its key was parked
        else:
            await self._park(arrival, Failure(ParkingReason.BEHIND, ""))

    async def _park(self, arrival: DecodedRecord, failure: Failure) -> None:
        await dead_letters.park(
            self._tx, self._tenant, self._subscription, arrival, failure, self._now
        )
        if self._subscription.kind is SubscriptionKind.REPLICA:
            await inbox.record_processed(
                self._tx, self._tenant, self._subscription, [arrival.event_id]
            )
        self._parked.add(arrival.key)
        self._settle(arrival, Outcome.PARKED)

    def _seen(self, arrival: DecodedRecord) -> bool:
        """Whether this is a redelivery, as far as can be told without a receipt."""
        before = self._last_offsets[arrival.record.place]
        passed = self._offsets_rise and arrival.record.offset <= before
        return passed or arrival.event_id in self._recent

    def _settle(self, arrival: DecodedRecord, outcome: Outcome) -> None:
        self._outcomes.append((arrival, outcome))

    async def _count(self) -> None:
        tallies = counts.tally(
            (arrival.record.place, outcome) for arrival, outcome in self._outcomes
        )
        offsets: dict[counts.TopicPartition, int] = {}
        for arrival, _ in self._outcomes:
            place = arrival.record.place
            offsets[place] = max(arrival.record.offset, offsets.get(place, -1))
        await counts.add(self._tx, self._tenant, self._subscription, tallies, offsets)


async def run_handlers(
    tx: AsyncConnection, subscription: Subscription, arrivals: Collection[DecodedRecord]
) -> dict[UUID, Outcome]:
    """Give readable arrivals of one tenant to their handlers, in order."""
    if subscription.kind is SubscriptionKind.PROCESS:
        for arrival in arrivals:
            received = arrival.received
            with _entered(subscription, arrival):
                await attribute_writes(tx)
                await subscription.handlers[type(received.event)](tx, received.event, received.meta)
        return {arrival.event_id: Outcome.APPLIED for arrival in arrivals}
    result = ReplicaResult()
    for handler in dict.fromkeys(subscription.handlers.values()):
        mine = [a for a in arrivals if subscription.handlers[type(a.event)] is handler]  # type: ignore[index]  # readable, so it has an event
        if mine:
            with _entered(subscription, mine[-1]):
                result += await handler(tx, [arrival.received for arrival in mine])
    return {arrival.event_id: _outcome(result, arrival.event_id) for arrival in arrivals}


def _outcome(result: ReplicaResult, event_id: UUID) -> Outcome:
    if event_id in result.applied:
        return Outcome.APPLIED
    return Outcome.SKIPPED if event_id in result.skipped else Outcome.IGNORED


def _entered(subscription: Subscription, arrival: DecodedRecord) -> AbstractContextManager[Context]:
    """What the handler does is caused by this event and belongs to its chain."""
    envelope = arrival.envelope
    assert envelope is not None
    return use_context(
        Context(
            request_id=str(envelope.id),
            correlation_id=envelope.correlationid,
            causation_id=str(envelope.id),
            traceparent=envelope.traceparent,
            actor=f"system:{subscription.name}",
            tenant=str(arrival.tenant),
        )
    )
