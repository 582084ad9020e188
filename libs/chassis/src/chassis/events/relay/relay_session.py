"""One session of a relay: from connecting until it is stopped or an error ends it."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

import asyncpg
import structlog

from chassis.database.connections import SharedConnection
from chassis.events.envelope import Envelope
from chassis.events.relay.buckets import BucketLeases
from chassis.events.relay.cursor import CursorPosition, CursorStore
from chassis.events.relay.epoch import DatabaseEpoch, read_snapshot
from chassis.events.relay.metrics import RelayMeter
from chassis.events.relay.quarantine import (
    QuarantinedRecord,
    quarantine_records,
    quarantined_keys,
)
from chassis.events.relay.resend_queue import ResendQueue
from chassis.events.relay.transport import BEHIND, ProducerRecord, Transport
from chassis.events.relay.window_pages import WindowPages
from chassis.events.relay.windows import Snapshot
from chassis.foundation.waits import wait_or_timeout
from kernel.ids import new_id

HOUSEKEEPING_SECONDS = 1.0
HEARTBEAT_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Delivery:
    """What became of a page: the records that were delivered, and those to be quarantined."""

    sent: Sequence[ProducerRecord]
    quarantined: Sequence[QuarantinedRecord]

    @property
    def topics(self) -> Counter[str]:
        """How many records of each topic were delivered."""
        return Counter(record.topic for record in self.sent)


class RelaySession:
    """Publishes the rows of its buckets; cursors are saved only in the session with the locks."""

    def __init__(
        self,
        owner: asyncpg.Connection,
        pages: WindowPages,
        database_epoch: DatabaseEpoch,
        transport: Transport,
        meter: RelayMeter,
    ) -> None:
        self._session = SharedConnection(owner)
        self._epoch = database_epoch.epoch
        self._transport = transport
        self._meter = meter
        self._pages = pages
        self._cursors = CursorStore(self._session, database_epoch)
        self._resends = ResendQueue(self._session)
        self.buckets = BucketLeases(self._session, new_id())
        self._positions: dict[int, CursorPosition] = {}
        self._unsaved: set[int] = set()  # buckets that moved over empty windows only
        self._quarantined_keys: frozenset[str] = frozenset()
        self._next_housekeeping = 0.0
        self._ended = asyncio.Event()

    async def run_heartbeat(self) -> None:
        """Renew the heartbeat until `end`."""
        while not self._ended.is_set():
            await self.buckets.heartbeat()
            await wait_or_timeout(self._ended, HEARTBEAT_SECONDS)

    def end(self) -> None:
        """End the heartbeat."""
        self._ended.set()

    async def take_over(self, acquired: Collection[int], stop: asyncio.Event) -> None:
        """Load the cursors of buckets just acquired, so that their rows are published.

        What their last owner had begun to send again is sent first: no later event comes between.
        """
        self._positions.update(await self._cursors.load(acquired))
        await self._load_quarantined_keys()  # before their first row
        while await self.resend_next(stop, only_begun=True):
            pass

    async def housekeeping(self, stop: asyncio.Event) -> None:
        """Save idle cursors and share the buckets fairly, at most once a second.

        Runs only between windows, so that a bucket changes its owner at a saved position.
        """
        if time.monotonic() < self._next_housekeeping:
            return
        self._next_housekeeping = time.monotonic() + HOUSEKEEPING_SECONDS
        await self.save_idle_cursors()
        if surplus := await self.buckets.surplus():
            await self.buckets.release(surplus)
            for bucket in surplus:
                del self._positions[bucket]
        ended = await self.buckets.terminate_frozen_owners()
        if ended:
            log.warning("relay_owner_frozen", sessions_ended=ended)
        if acquired := await self.buckets.acquire():
            await self.take_over(acquired, stop)

    async def save_idle_cursors(self) -> None:
        """Save the positions that moved over empty windows; after a crash these are read again."""
        for position, buckets in self._groups():
            moved = self._unsaved & set(buckets)
            if moved:
                await self._cursors.save(moved, position)
        self._unsaved.clear()

    async def publish_windows(self, stop: asyncio.Event) -> int:
        """Publish one window up to now of every bucket; returns the number of rows handled."""
        if not self._positions:
            return 0
        async with self._session.use() as connection:
            now = await read_snapshot(connection)
        rows = 0
        for position, buckets in self._groups():
            if stop.is_set():
                break
            rows += await self._publish_window(buckets, position, now, stop)
        self._meter.window(rows)
        return rows

    async def resend_next(self, stop: asyncio.Event, *, only_begun: bool = False) -> int:
        """Send the events of some queued aggregates again; returns the number of aggregates.

        Runs between windows, when every bucket is at the end of one. When it is stopped, it leaves
        the aggregates to the next owner of their buckets.
        """
        batch = await self._resends.next(self._positions.keys(), only_begun=only_begun)
        if batch is None:
            return 0
        sent = quarantined = 0
        reading = self._pages.read_sent(batch.tenant_id, batch.aggregates, batch.since)
        async with aclosing(reading) as pages:
            async for page in pages:
                delivery = await self._deliver(page.rows)
                await self._save_quarantined(delivery.quarantined)
                self._meter.resent(delivery.topics)
                sent += len(delivery.sent)
                quarantined += len(delivery.quarantined)
                if stop.is_set() and not page.is_last:
                    return 0
        await self._resends.finish(batch, sent=sent, quarantined=quarantined)
        self.report_progress()
        return len(batch.aggregates)

    def report_progress(self) -> None:
        """Record a pass over the buckets for the health check."""
        self._meter.progressed(frozenset(self.buckets.owned))

    def _groups(self) -> list[tuple[CursorPosition, list[int]]]:
        """Return the buckets by position: one window serves all that share it, as idle ones do."""
        groups: defaultdict[CursorPosition, list[int]] = defaultdict(list)
        for bucket, position in self._positions.items():
            groups[position].append(bucket)
        return list(groups.items())

    async def _publish_window(
        self, buckets: list[int], position: CursorPosition, now: Snapshot, stop: asyncio.Event
    ) -> int:
        window = position.window(now)
        rows = 0
        quarantined: Sequence[QuarantinedRecord] = ()
        if not window.is_empty:
            async with aclosing(self._pages.read(window, buckets, position.last)) as pages:
                async for page in pages:
                    if page.rows and position.hi is None:
                        position = replace(position, hi=window.hi)
                        await self._cursors.save(buckets, position)
                    quarantined = await self._publish_rows(page.rows)
                    rows += len(page.rows)
                    if page.is_last:
                        break
                    position = replace(position, last=page.rows[-1]["seq"])
                    await self._save(buckets, position, quarantined)
                    if stop.is_set():
                        return rows
        await self._finish_window(buckets, position, CursorPosition(window.hi), quarantined)
        return rows

    async def _finish_window(
        self,
        buckets: list[int],
        position: CursorPosition,
        end: CursorPosition,
        quarantined: Sequence[QuarantinedRecord],
    ) -> None:
        if position.hi is None:  # nothing was sent, so nothing needs to be saved yet
            self._positions.update(dict.fromkeys(buckets, end))
            self._unsaved.update(buckets)
        else:
            await self._save(buckets, end, quarantined)

    async def _save(
        self,
        buckets: list[int],
        position: CursorPosition,
        quarantined: Sequence[QuarantinedRecord],
    ) -> None:
        await self._cursors.save(buckets, position, quarantined)
        self._positions.update(dict.fromkeys(buckets, position))
        self._unsaved.difference_update(buckets)
        self.report_progress()
        self._note_quarantined(quarantined)

    async def _save_quarantined(self, quarantined: Sequence[QuarantinedRecord]) -> None:
        if quarantined:
            async with self._session.use() as connection, connection.transaction():
                await quarantine_records(connection, quarantined)
        self._note_quarantined(quarantined)

    async def _publish_rows(self, rows: Sequence[asyncpg.Record]) -> Sequence[QuarantinedRecord]:
        """Send rows for the first time; returns those to be quarantined."""
        delivery = await self._deliver(rows)
        if delivery.sent:
            self._meter.published(delivery.topics)
        return delivery.quarantined

    async def _deliver(self, rows: Sequence[asyncpg.Record]) -> Delivery:
        """Send the rows whose keys are not quarantined and wait for their delivery."""
        if self._quarantined_keys:  # an operator may have freed a key meanwhile
            await self._load_quarantined_keys()
        records = [
            ProducerRecord.of(Envelope.from_outbox_row(row, self._epoch), row["seq"])
            for row in rows
        ]
        sendable = [record for record in records if record.key not in self._quarantined_keys]
        refused = await self._transport.send(sendable) if sendable else []
        reasons = {one.record.seq: one.reason for one in refused}
        reasons |= {one.seq: BEHIND for one in records if one.key in self._quarantined_keys}
        quarantined = [
            QuarantinedRecord(
                row["tenant_id"], row["seq"], record.key, row["bucket"], reasons[row["seq"]]
            )
            for row, record in zip(rows, records, strict=True)
            if row["seq"] in reasons
        ]
        return Delivery([one for one in sendable if one.seq not in reasons], quarantined)

    def _note_quarantined(self, quarantined: Sequence[QuarantinedRecord]) -> None:
        """Hold back later records of these keys, which are quarantined in the database."""
        if not quarantined:
            return
        self._quarantined_keys |= {record.key for record in quarantined}
        self._meter.quarantined(len(quarantined))
        for record in quarantined:
            if record.is_refused:
                log.error("event_quarantined", seq=record.seq, key=record.key, reason=record.reason)

    async def _load_quarantined_keys(self) -> None:
        async with self._session.use() as connection:
            self._quarantined_keys = await quarantined_keys(connection, self._positions.keys())
