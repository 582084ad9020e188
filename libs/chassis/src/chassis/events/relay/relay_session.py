"""One life of a relay: from connecting until it is stopped or an error ends it."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from contextlib import aclosing
from dataclasses import replace

import asyncpg
import structlog

from chassis.database.connections import SharedConnection
from chassis.events.envelope import Envelope
from chassis.events.relay.buckets import BucketLeases
from chassis.events.relay.cursor import CursorPosition, CursorStore
from chassis.events.relay.epoch import DatabaseEpoch, read_snapshot
from chassis.events.relay.metrics import RelayMeter
from chassis.events.relay.quarantine import QuarantinedRecord, quarantined_keys
from chassis.events.relay.transport import BEHIND, ProducerRecord, Transport
from chassis.events.relay.window_pages import WindowPages
from chassis.events.relay.windows import Snapshot
from chassis.foundation.waits import wait_or_timeout
from kernel.ids import new_id

HOUSEKEEPING_SECONDS = 1.0
HEARTBEAT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class RelaySession:
    """Ships the rows of the buckets it owns; the lock's session is the only one that saves."""

    def __init__(
        self,
        owner: asyncpg.Connection,
        pages: WindowPages,
        standing: DatabaseEpoch,
        transport: Transport,
        meter: RelayMeter,
    ) -> None:
        self._session = SharedConnection(owner)
        self._standing = standing
        self._transport = transport
        self._meter = meter
        self._pages = pages
        self._cursors = CursorStore(self._session, standing)
        self.buckets = BucketLeases(self._session, new_id())
        self._places: dict[int, CursorPosition] = {}
        self._unsaved: set[int] = set()  # moved over empty windows only
        self._blocked: frozenset[str] = frozenset()
        self._next_housekeeping = 0.0
        self._over = asyncio.Event()

    async def beat(self) -> None:
        """Show the others that this member lives, until its work is over.

        And everybody the lag: here, as a broker that hangs holds up all the rest.
        """
        while not self._over.is_set():
            await self.buckets.beat()
            await self.measure()
            await wait_or_timeout(self._over, HEARTBEAT_SECONDS)

    async def measure(self) -> None:
        """Tell how long the oldest event waits."""
        oldest = [await self._cursors.oldest_unsent(*group) for group in self._groups()]
        self._meter.waits_since(min((one for one in oldest if one is not None), default=None))

    def end(self) -> None:
        self._over.set()

    async def own(self, gained: Collection[int]) -> None:
        """Begin to ship buckets just acquired."""
        self._places.update(await self._cursors.load(gained))
        await self._learn_blocked()  # before their first row

    async def keep_house(self) -> None:
        """At most once a second: save idle cursors, and share the buckets fairly.

        Only between windows, so that a bucket changes hands at a settled place.
        """
        if time.monotonic() < self._next_housekeeping:
            return
        self._next_housekeeping = time.monotonic() + HOUSEKEEPING_SECONDS
        await self.save_idle()
        if surplus := await self.buckets.surplus():
            await self.buckets.release(surplus)
            for bucket in surplus:
                del self._places[bucket]
        freed = await self.buckets.free_frozen()
        if freed:
            log.warning("relay_owner_frozen", sessions_ended=freed)
        if gained := await self.buckets.acquire():
            await self.own(gained)

    async def save_idle(self) -> None:
        """Save the places that moved over empty windows: a crash costs only looking again."""
        for place, buckets in self._groups():
            moved = self._unsaved & set(buckets)
            if moved:
                await self._cursors.save(moved, place)
        self._unsaved.clear()

    async def ship_all(self, stop: asyncio.Event) -> int:
        """Ship what ended until now, all buckets once; returns the number of rows dealt with."""
        if not self._places:
            return 0
        async with self._session.held() as connection:
            now = await read_snapshot(connection)
        rows = 0
        for place, buckets in self._groups():
            rows += await self._ship(buckets, place, now, stop)
            if stop.is_set():
                break
        self._meter.window(rows)
        return rows

    def progressed(self) -> None:
        self._meter.progressed(frozenset(self.buckets.owned))

    def _groups(self) -> list[tuple[CursorPosition, list[int]]]:
        """Buckets that stand at the same place share a window; idle ones come to be one group."""
        groups: defaultdict[CursorPosition, list[int]] = defaultdict(list)
        for bucket, place in self._places.items():
            groups[place].append(bucket)
        return list(groups.items())

    async def _ship(
        self, buckets: list[int], place: CursorPosition, now: Snapshot, stop: asyncio.Event
    ) -> int:
        window = place.window(now)
        rows, held = 0, list[QuarantinedRecord]()
        if not window.is_empty:
            async with aclosing(self._pages.of(window, buckets, place.last)) as pages:
                async for page in pages:
                    if page.rows and place.hi is None:
                        place = replace(place, hi=window.hi)
                        await self._cursors.save(buckets, place)
                    held = await self._publish(page.rows)
                    rows += len(page.rows)
                    if page.is_last:
                        break
                    place = replace(place, last=page.rows[-1]["seq"])
                    await self._keep(buckets, place, held)
                    if stop.is_set():
                        return rows
        await self._finish(buckets, place, CursorPosition(window.hi), held)
        return rows

    async def _finish(
        self,
        buckets: list[int],
        place: CursorPosition,
        end: CursorPosition,
        held: Sequence[QuarantinedRecord],
    ) -> None:
        if place.hi is None:  # nothing was sent, so nothing need be saved yet
            self._places.update(dict.fromkeys(buckets, end))
            self._unsaved.update(buckets)
        else:
            await self._keep(buckets, end, held)

    async def _keep(
        self, buckets: list[int], place: CursorPosition, held: Sequence[QuarantinedRecord]
    ) -> None:
        await self._cursors.save(buckets, place, held)
        self._places.update(dict.fromkeys(buckets, place))
        self._unsaved.difference_update(buckets)
        self.progressed()
        if held:
            self._blocked |= {row.key for row in held}
            self._report(held)

    async def _publish(self, rows: Sequence[asyncpg.Record]) -> list[QuarantinedRecord]:
        """Send the rows and wait until all have arrived; returns those to be kept back."""
        if self._blocked:  # an operator may have freed a key meanwhile
            await self._learn_blocked()
        records = [
            ProducerRecord.of(Envelope.from_outbox_row(row, self._standing.epoch), row["seq"])
            for row in rows
        ]
        free = [record for record in records if record.key not in self._blocked]
        refusals = await self._transport.send(free) if free else []
        reasons = {refusal.record.seq: refusal.reason for refusal in refusals}
        reasons |= {record.seq: BEHIND for record in records if record.key in self._blocked}
        sent = [record for record in free if record.seq not in reasons]
        if sent:
            topics = Counter(record.topic for record in sent)
            self._meter.published(topics, sent[-1].envelope.time)
        return [
            QuarantinedRecord(
                row["tenant_id"], row["seq"], record.key, row["bucket"], reasons[row["seq"]]
            )
            for row, record in zip(rows, records, strict=True)
            if row["seq"] in reasons
        ]

    def _report(self, held: Sequence[QuarantinedRecord]) -> None:
        self._meter.quarantined(len(held))
        for row in held:
            if row.is_cause:
                log.error("event_quarantined", seq=row.seq, key=row.key, reason=row.reason)

    async def _learn_blocked(self) -> None:
        async with self._session.held() as connection:
            self._blocked = await quarantined_keys(connection, self._places.keys())
