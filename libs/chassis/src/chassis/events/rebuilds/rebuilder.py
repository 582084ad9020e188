"""The rebuilder: builds requested generations of replicas, and swaps them in.

Crash-only: a page is staged in the transaction that saves the places behind it, so that a worker
that is killed is continued by another one where it stopped. One process at a time builds a
replica; tenants that were requested together are read together.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import REBUILD_LOCKS
from chassis.database.connections import open_connection
from chassis.database.engine import Database
from chassis.database.error_texts import error_text
from chassis.database.transient import is_transient
from chassis.events.envelope import Envelope, EnvelopeInvalid
from chassis.events.rebuilds import staging
from chassis.events.rebuilds.logs import EventLog, LogPage, OpenLog, Places
from chassis.events.rebuilds.requests import Rebuild, RebuildStatus, rebuild_of, unfinished
from chassis.events.rebuilds.swap import swap
from chassis.events.rebuilds.tables import replica_rebuilds, staged_states
from chassis.events.replicas import ReplicaSubscription
from chassis.foundation import clock
from chassis.foundation.waits import Backoff, wait_or_timeout
from contracts.event import SNAPSHOT

log = structlog.get_logger()

TRY_LOCK = "SELECT pg_try_advisory_lock($1, hashtext($2))"


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

        Raises errors that go away, such as a lost connection; the next call continues.
        """
        swapped = 0
        pending = {rebuild.subscription for rebuild in await self._unfinished(self._subscriptions)}
        for subscription in self._subscriptions:
            if subscription.name in pending:
                swapped += await self._build_locked(subscription, stop or asyncio.Event())
        return swapped

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
            if not await connection.fetchval(TRY_LOCK, REBUILD_LOCKS, subscription.name):
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
        topics = generation.subscription.topics
        async with self._log.open(topics, generation.tenants) as opened:
            places = generation.places_in(opened)
            while any(places[part] < end for part, end in opened.ends.items()):
                if stop.is_set():
                    return 0
                page = await opened.read(places)
                await self._stage_page(generation, opened, page)
                places = page.places
        swapped = 0
        for rebuild in await self._as_staged(generation):
            async with self._database.begin(rebuild.tenant_id) as tx:
                counts = await swap(tx, generation.subscription, rebuild, self._now())
            if counts is not None:
                swapped += 1
                await log.ainfo(
                    "replica_swapped", subscription=rebuild.subscription, **vars(counts)
                )
        await self._discard_staged(generation)
        return swapped

    async def _as_staged(self, generation: Generation) -> list[Rebuild]:
        """Return the rebuilds as they are after the last page."""
        pending = await self._pending(generation.subscription)
        return [one for each in pending if each.id == generation.id for one in each.rebuilds]

    async def _stage_page(self, generation: Generation, opened: OpenLog, page: LogPage) -> None:
        """Stage the states of a page, and save the places behind it."""
        envelopes, unreadable = _decoded(page.values)
        own = [one for one in envelopes if self._is_taken(generation, one)]
        async with self._database.begin(None) as tx:
            await staging.stage(tx, generation.id, own)
            for tenant in generation.tenants:
                ended = _ended_snapshots(generation, tenant, own)
                await _save_progress(tx, generation, tenant, opened, page, ended, unreadable)

    def _is_taken(self, generation: Generation, envelope: Envelope) -> bool:
        return envelope.tenantid in generation.tenants and staging.belongs(
            generation.subscription, envelope, generation.snapshot_id
        )

    async def _fail(self, generation: Generation, error: Exception) -> None:
        """Give the generation up; the present copy stays as it is."""
        await log.aerror("rebuild_failed", rebuild=str(generation.id), exc_info=error)
        ending = {
            "status": RebuildStatus.FAILED,
            "error": error_text(error),
            "finished_at": self._now(),
        }
        r = replica_rebuilds.c
        async with self._database.begin(None) as tx:
            mine = (r.id == generation.id) & (r.status == RebuildStatus.READING)
            await tx.execute(update(replica_rebuilds).where(mine).values(ending))
        await self._discard_staged(generation)

    async def _discard_staged(self, generation: Generation) -> None:
        """Delete what is left: states of a failed generation, and of tenants deleted meanwhile."""
        async with self._database.begin(None) as tx:
            left = staged_states.c.rebuild_id == generation.id
            await tx.execute(delete(staged_states).where(left))


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


def _ended_snapshots(
    generation: Generation, tenant: UUID, envelopes: Sequence[Envelope]
) -> set[str]:
    """Return the aggregates whose last record of the generation's snapshot is among these."""
    wanted = str(generation.snapshot_id)
    return {
        one.aggregate_type
        for one in envelopes
        if one.tenantid == tenant
        and one.fact == SNAPSHOT
        and one.data.get("is_last") is True
        and one.data.get("snapshot_id") == wanted
    }


async def _save_progress(
    tx: AsyncConnection,
    generation: Generation,
    tenant: UUID,
    opened: OpenLog,
    page: LogPage,
    ended: set[str],
    unreadable: int,
) -> None:
    r = replica_rebuilds.c
    begins = opened.begins
    values = {
        "places": dict(page.places),
        "records_read": sum(place - begins[part] for part, place in page.places.items()),
        "records_total": sum(end - begins[part] for part, end in opened.ends.items()),
        "unreadable": r.unreadable + unreadable,
        "whole_aggregates": r.whole_aggregates.concat(sorted(ended)),
    }
    mine = (r.tenant_id == tenant) & (r.id == generation.id)
    await tx.execute(update(replica_rebuilds).where(mine).values(values))
