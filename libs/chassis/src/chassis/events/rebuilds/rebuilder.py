"""The rebuilder: builds requested generations of replicas, and swaps them in.

Crash-only: a page is staged in the transaction that saves the places behind it, so that a worker
that is killed is continued by another one where it stopped. One process at a time builds a
replica; tenants that were requested together are read together.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError
from prometheus_client import Counter
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import TRY_REBUILD_LOCK
from chassis.database.connections import open_connection
from chassis.database.engine import Database
from chassis.database.error_texts import error_text
from chassis.database.transient import is_transient
from chassis.events.envelope import Envelope, EnvelopeInvalid
from chassis.events.rebuilds import staging
from chassis.events.rebuilds.logs import EventLog, LogPage, OpenLog, Places
from chassis.events.rebuilds.requests import Rebuild, RebuildStatus, rebuild_of, unfinished
from chassis.events.rebuilds.swap import swap
from chassis.events.rebuilds.tables import replica_rebuilds
from chassis.events.replicas import ReplicaSubscription
from chassis.foundation import clock
from chassis.foundation.context import Context, use_context
from chassis.foundation.waits import Backoff, wait_or_timeout
from contracts.event import SNAPSHOT_RUN, SnapshotFinished, SnapshotRunState, topic_of

log = structlog.get_logger()

REBUILT_ROWS = Counter(
    "l2c_rebuild_rows_total", "Rows of rebuilt copies, by outcome", ["subscription", "outcome"]
)


@dataclass(frozen=True)
class Generation:
    """Rebuilds of one replica, of several tenants, that are read together."""

    id: UUID
    subscription: ReplicaSubscription
    rebuilds: Sequence[Rebuild]

    @property
    def tenants(self) -> frozenset[UUID]:
        return frozenset(rebuild.tenant_id for rebuild in self.rebuilds)

    @property
    def snapshot_id(self) -> UUID | None:
        """The snapshot that the generation is made of, None where it is made of the whole log."""
        return self.rebuilds[0].snapshot_id

    @property
    def topics(self) -> Sequence[str]:
        """The topics of the replica, and with a snapshot those that say when it is complete."""
        copied = self.subscription.topics
        if self.snapshot_id is None:
            return copied
        publishers = {topic.partition(".")[0] for topic in copied}
        return [*copied, *sorted(topic_of(f"{name}.{SNAPSHOT_RUN}") for name in publishers)]

    def places_in(self, opened: OpenLog) -> Places:
        """Return where to continue; what the log no longer has is passed over."""
        stored = self.rebuilds[0].places or {}
        return {part: max(begin, stored.get(part, 0)) for part, begin in opened.begins.items()}


class Rebuilder:
    """Builds the requested generations of a service's replicas."""

    def __init__(
        self,
        subscriptions: Sequence[ReplicaSubscription],
        database: Database,
        event_log: EventLog,
        *,
        now: Callable[[], datetime] = clock.now,
        poll_seconds: float = 1.0,
    ) -> None:
        self._subscriptions = subscriptions
        self._database = database
        self._log = event_log
        self._now = now
        self._poll_seconds = poll_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Build generations as they are requested, until `stop` is set."""
        backoff = Backoff(self._poll_seconds, 30.0)
        while not stop.is_set():
            delay = self._poll_seconds
            try:
                await self.build_requested(stop)
                backoff.reset()
            except Exception as error:  # noqa: BLE001  # a loop of the consumer: go on later
                await log.awarning("rebuilder_backs_off", error=repr(error))
                delay = backoff.next()
            await wait_or_timeout(stop, delay)

    async def build_requested(self, stop: asyncio.Event | None = None) -> int:
        """Build and swap every requested generation; returns how many tenants were swapped.

        What ended ones have left is removed first. Raises errors that go away, such as a lost
        connection; the next call continues.
        """
        await self._discard_ended()
        swapped = 0
        pending = {rebuild.subscription for rebuild in await self._unfinished(self._subscriptions)}
        for subscription in self._subscriptions:
            if subscription.name in pending:
                swapped += await self._build_locked(subscription, stop or asyncio.Event())
        return swapped

    async def _discard_ended(self) -> None:
        """Delete what is staged for rebuilds that have ended, in small transactions."""
        is_left = True
        while is_left:
            async with self._database.begin(None) as tx:
                is_left = await staging.discard_page(tx)

    async def _unfinished(self, subscriptions: Sequence[ReplicaSubscription]) -> list[Rebuild]:
        async with self._database.begin(None) as tx:
            rows = await tx.execute(unfinished([one.name for one in subscriptions]))
            return [rebuild_of(dict(row)) for row in rows.mappings()]

    async def _pending(self, subscription: ReplicaSubscription) -> list[Generation]:
        rebuilds = sorted(await self._unfinished([subscription]), key=_order)
        groups = groupby(rebuilds, key=lambda rebuild: rebuild.id)
        return [Generation(key, subscription, list(group)) for key, group in groups]

    async def _build_locked(self, subscription: ReplicaSubscription, stop: asyncio.Event) -> int:
        """Build the generations of a replica unless another process does."""
        async with open_connection(self._database.url, name="rebuild") as connection:
            if not await connection.fetchval(TRY_REBUILD_LOCK, subscription.name):
                return 0
            swapped = 0
            for generation in await self._pending(subscription):
                try:
                    swapped += await self._build(generation, stop)
                except Exception as error:
                    if is_transient(error) or isinstance(error, KafkaError):
                        raise
                    await self._fail(generation, error)
            return swapped

    async def _build(self, generation: Generation, stop: asyncio.Event) -> int:
        async with self._log.open(generation.topics, generation.tenants) as opened:
            places = generation.places_in(opened)
            while any(places[part] < end for part, end in opened.ends.items()):
                if stop.is_set():
                    return 0
                page = await opened.read(places)
                moved = page.places != places
                if not await self._stage_page(generation, opened, page, moved=moved):
                    break  # every tenant's rebuild was cancelled
                places = page.places
        swapped = 0
        for rebuild in await self._as_staged(generation):
            async with self._begin_for(rebuild) as tx:
                counts = await swap(tx, generation.subscription, rebuild, self._now())
            if counts is not None:
                swapped += 1
                for outcome, rows in vars(counts).items():
                    REBUILT_ROWS.labels(rebuild.subscription, outcome).inc(rows)
                await log.ainfo(
                    "replica_swapped", subscription=rebuild.subscription, **vars(counts)
                )
        await self._discard_ended()
        return swapped

    async def _as_staged(self, generation: Generation) -> list[Rebuild]:
        """Return the rebuilds as they are after the last page."""
        pending = await self._pending(generation.subscription)
        return [one for each in pending if each.id == generation.id for one in each.rebuilds]

    async def _stage_page(
        self, generation: Generation, opened: OpenLog, page: LogPage, *, moved: bool
    ) -> bool:
        """Stage the states of a page, and save the places behind it; False if nobody needs them.

        A page that did not move is no progress: the broker has not answered.
        """
        envelopes, unreadable = _decoded(page.values)
        async with self._database.begin(None) as tx:
            tenants = await staging.lock_reading(tx, generation.id)
            own = [one for one in envelopes if one.tenantid in tenants]
            await staging.stage(
                tx, generation.id, [one for one in own if _is_taken(generation, one)]
            )
            progress = _progress(opened, page)
            if moved:
                progress["progressed_at"] = self._now()
            for tenant in sorted(tenants):
                whole = _whole_aggregates(generation, tenant, own)
                await _save_progress(tx, generation.id, tenant, progress, whole, unreadable)
        return bool(tenants)

    async def _fail(self, generation: Generation, error: Exception) -> None:
        """Give the generation up; the present copy stays as it is."""
        await log.aerror("rebuild_failed", rebuild=str(generation.id), exc_info=error)
        ending = {
            "status": RebuildStatus.FAILED,
            "error": error_text(error),
            "finished_at": self._now(),
            "progressed_at": self._now(),
        }
        r = replica_rebuilds.c
        for rebuild in generation.rebuilds:
            async with self._begin_for(rebuild) as tx:
                mine = (r.id == rebuild.id) & (r.tenant_id == rebuild.tenant_id)
                is_reading = r.status == RebuildStatus.READING
                await tx.execute(update(replica_rebuilds).where(mine, is_reading).values(ending))
        await self._discard_ended()

    @asynccontextmanager
    async def _begin_for(self, rebuild: Rebuild) -> AsyncIterator[AsyncConnection]:
        """Open a transaction whose writes are audited as those of who requested the rebuild."""
        with use_context(Context(actor=rebuild.requested_by)):
            async with self._database.begin(rebuild.tenant_id) as tx:
                yield tx


def _order(rebuild: Rebuild) -> tuple[UUID, UUID]:
    return rebuild.id, rebuild.tenant_id


def _decoded(values: Sequence[bytes]) -> tuple[list[Envelope], int]:
    """Return the envelopes, and the number of records that have none."""
    envelopes: list[Envelope] = []
    for value in values:
        try:
            envelopes.append(Envelope.decode(value))
        except EnvelopeInvalid:
            continue
    return envelopes, len(values) - len(envelopes)


def _is_taken(generation: Generation, envelope: Envelope) -> bool:
    return staging.belongs(generation.subscription, envelope, generation.snapshot_id)


def _whole_aggregates(
    generation: Generation, tenant: UUID, envelopes: Sequence[Envelope]
) -> set[str]:
    """Return the aggregates of which the generation's snapshot is complete by these events."""
    finished = [
        SnapshotFinished.model_validate(one.data).snapshot_run
        for one in envelopes
        if one.tenantid == tenant and one.aggregate_type.endswith(f".{SNAPSHOT_RUN}")
    ]
    whole = {name for run in finished if _is_of(generation, run) for name in run.aggregates}
    return {name for name in whole if generation.subscription.copy_of(name) is not None}


def _is_of(generation: Generation, run: SnapshotRunState) -> bool:
    return run.snapshot_id == generation.snapshot_id


def _progress(opened: OpenLog, page: LogPage) -> dict[str, Any]:
    begins = opened.begins
    return {
        "places": dict(page.places),
        "records_read": sum(place - begins[part] for part, place in page.places.items()),
        "records_total": sum(end - begins[part] for part, end in opened.ends.items()),
    }


async def _save_progress(
    tx: AsyncConnection,
    rebuild_id: UUID,
    tenant: UUID,
    progress: Mapping[str, Any],
    whole_aggregates: set[str],
    unreadable: int,
) -> None:
    r = replica_rebuilds.c
    values = {
        **progress,
        "unreadable": r.unreadable + unreadable,
        "whole_aggregates": r.whole_aggregates.concat(sorted(whole_aggregates)),
    }
    mine = (r.tenant_id == tenant) & (r.id == rebuild_id)
    await tx.execute(update(replica_rebuilds).where(mine).values(values))
