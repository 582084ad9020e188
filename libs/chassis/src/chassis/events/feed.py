"""The pull feed: reads a tenant's retained events in the windows of the relay, page by page.

A position is a relay's cursor: a pair of snapshots and the last row read between them. So no event
that commits late is skipped, and the events of one aggregate come in their order. The reader keeps
the position; the database keeps nothing about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import BigInteger, any_, cast, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.events.envelope import Envelope
from chassis.events.relay.cursor import CursorPosition
from chassis.events.relay.epoch import IDENTITY_QUERY
from chassis.events.relay.windows import BEGINNING, Snapshot, Window
from chassis.foundation.refusals import Expired, Unavailable

# The size of stored payloads; compressed ones may be several times as large in the answer.
PAGE_BYTES = 4_000_000

PRUNED_TOTAL = "SELECT coalesce(sum(events), 0)::bigint FROM outbox_pruned"
# A database whose relay never ran has no epoch yet: the first one will be 1.
STATE = f"""
SELECT pg_current_snapshot()::text AS now, ({IDENTITY_QUERY}) AS identity,
  known.system_identifier, coalesce(known.epoch, 1) AS epoch, ({PRUNED_TOTAL}) AS pruned
FROM (VALUES (1)) AS one_row LEFT JOIN database_epoch AS known ON true
"""  # noqa: S608  # constants
PRUNED = """
SELECT coalesce(sum(events), 0)::bigint AS events, coalesce(max(last_xid)::text, '0') AS last_xid,
  coalesce(max(last_seq), 0) AS last_seq FROM outbox_pruned
"""
OLDEST = "SELECT created FROM outbox ORDER BY seq LIMIT 1"

CHOSEN = """
  aggregatetype = ANY(CAST(:aggregates AS text[]))
  AND (CAST(:types AS text[]) IS NULL OR type = ANY(CAST(:types AS text[])))
"""
# A new window is a range of transactions: the rows are found however far the reader is behind.
# Without MATERIALIZED the planner might walk through all older rows in the order of `seq`.
NEW_WINDOW = f"""
WITH window_rows AS MATERIALIZED (
  SELECT seq, pg_column_size(payload) AS size FROM outbox
  WHERE xid >= CAST(CAST(:since AS text) AS xid8) AND xid < CAST(CAST(:until AS text) AS xid8)
    AND pg_visible_in_snapshot(xid, CAST(CAST(:hi AS text) AS pg_snapshot)) AND {CHOSEN}
  UNION ALL
  SELECT seq, pg_column_size(payload) FROM outbox
  WHERE xid = ANY(CAST(CAST(:finished AS text[]) AS xid8[])) AND {CHOSEN})
SELECT seq, size FROM window_rows ORDER BY seq LIMIT :limit
"""  # noqa: S608  # constants
# The rest of a window, or one that begins at the first row, is read in the order of `seq`: reading
# the range again for every page would take ever longer.
REST_OF_WINDOW = f"""
SELECT seq, pg_column_size(payload) AS size FROM outbox
WHERE seq > :last
  AND pg_visible_in_snapshot(xid, CAST(CAST(:hi AS text) AS pg_snapshot))
  AND NOT pg_visible_in_snapshot(xid, CAST(CAST(:lo AS text) AS pg_snapshot)) AND {CHOSEN}
ORDER BY seq LIMIT :limit
"""  # noqa: S608  # constants


@dataclass(frozen=True)
class FeedFilter:
    """Which events to read: of these aggregate types, and with `types` only these event types."""

    aggregates: Sequence[str]
    types: Sequence[str] | None = None


@dataclass(frozen=True)
class FeedPosition:
    """How far a reader is: the database's epoch and the place in its outbox.

    `pruned` is how many events of the tenant had been deleted when the window was opened.
    """

    epoch: int
    place: CursorPosition
    pruned: int


@dataclass(frozen=True)
class PrunedEvents:
    """How many events of the tenant were deleted as too old, and the highest ids among them."""

    events: int
    last_xid: int
    last_seq: int


@dataclass(frozen=True)
class FeedPage:
    """Some events, and the position after them; `has_more` when more can be read at once."""

    events: list[Envelope]
    position: FeedPosition
    has_more: bool


@dataclass(frozen=True)
class _FeedState:
    """The moment of a request: the snapshot, the epoch, and how many events were pruned."""

    now: Snapshot
    epoch: int
    pruned: int


def misses_events(position: FeedPosition, pruned: PrunedEvents) -> bool:
    """Return whether a deleted event may be one that a reader at this position has not read.

    In doubt it may: then some transaction was open for as long as events are kept.
    """
    place = position.place
    if pruned.events == position.pruned or pruned.last_xid < place.lo.xmin:
        return False
    in_window = place.hi is not None and pruned.last_xid < place.hi.xmin
    return not (in_window and pruned.last_seq <= place.last)


async def read_feed(
    tx: AsyncConnection, position: FeedPosition | None, chosen: FeedFilter, *, limit: int
) -> FeedPage:
    """Return the next events after the position, of the transaction's tenant.

    Without a position it begins with the oldest retained event. Raises Expired (CURSOR_EXPIRED)
    when events after the position were deleted or the database was restored, and Unavailable
    (DATABASE_RESTORED) while a restored database still has its former epoch.
    """
    state = await _feed_state(tx)
    start = position or FeedPosition(state.epoch, CursorPosition(BEGINNING), state.pruned)
    if not _fits(start, state):
        raise await _expired(tx)
    reached, seqs, is_rest = start, list[int](), False
    while not is_rest and (reached is start or reached.place.lo != state.now):
        window = reached.place.window(state.now)  # one begun earlier, then one up to now
        room = limit - len(seqs)
        found, is_rest = await _next_seqs(tx, reached.place, window, chosen, room)
        reached = _after(reached, window, found, state, is_rest=is_rest)
        seqs += found
    events = await _envelopes(tx, seqs, state.epoch)
    if misses_events(start, await _pruned_events(tx)):  # after reading: pruning may just have run
        raise await _expired(tx)
    return FeedPage(events, reached, has_more=is_rest)


def _after(
    position: FeedPosition, window: Window, found: list[int], state: _FeedState, *, is_rest: bool
) -> FeedPosition:
    """Return the position after these rows of the window; `is_rest` if there are more of them."""
    place = position.place
    pruned = state.pruned if place.hi is None else position.pruned
    if not is_rest:
        return replace(position, place=CursorPosition(window.hi), pruned=pruned)
    if not found:  # the page was full before
        return position
    return replace(position, place=replace(place, hi=window.hi, last=found[-1]), pruned=pruned)


async def latest_position(tx: AsyncConnection) -> FeedPosition:
    """Return the position after every event committed by now. Raises Unavailable."""
    state = await _feed_state(tx)
    return FeedPosition(state.epoch, CursorPosition(state.now), state.pruned)


async def _feed_state(tx: AsyncConnection) -> _FeedState:
    row = (await tx.execute(text(STATE))).one()
    if row.system_identifier not in (None, row.identity):
        raise Unavailable("DATABASE_RESTORED")
    return _FeedState(Snapshot.parse(row.now), row.epoch, row.pruned)


def _fits(position: FeedPosition, state: _FeedState) -> bool:
    """Return whether the position is one of this database in its present epoch."""
    place = position.place
    known = [place.lo, *([place.hi] if place.hi else [])]
    return position.epoch == state.epoch and all(map(state.now.includes, known))


async def _next_seqs(
    tx: AsyncConnection, place: CursorPosition, window: Window, chosen: FeedFilter, limit: int
) -> tuple[list[int], bool]:
    """Return the numbers of the next rows, and whether the window has more behind them."""
    values = {
        "hi": str(window.hi),
        "limit": limit + 1,
        "aggregates": list(chosen.aggregates),
        "types": None if chosen.types is None else list(chosen.types),
    }
    if place.hi is None and place.lo != BEGINNING:
        bounds = {"since": str(window.since), "until": str(window.until)}
        finished = [str(xid) for xid in window.finished]
        found = await tx.execute(text(NEW_WINDOW), {**values, **bounds, "finished": finished})
    else:
        rest = {"last": place.last, "lo": str(place.lo)}
        found = await tx.execute(text(REST_OF_WINDOW), {**values, **rest})
    rows = found.all()
    seqs: list[int] = []
    size = 0
    for row in rows[:limit]:
        size += row.size
        if seqs and size > PAGE_BYTES:
            break
        seqs.append(row.seq)
    return seqs, len(seqs) < len(rows)


async def _envelopes(tx: AsyncConnection, seqs: list[int], epoch: int) -> list[Envelope]:
    """Return the events of these rows in this order: a later window may have lower numbers."""
    if not seqs:
        return []
    wanted = outbox.c.seq == any_(cast(seqs, ARRAY(BigInteger)))
    rows = (await tx.execute(select(outbox).where(wanted))).mappings()
    by_seq = {row["seq"]: Envelope.from_outbox_row(dict(row), epoch) for row in rows}
    return [by_seq[seq] for seq in seqs if seq in by_seq]  # what is missing was just pruned


async def _pruned_events(tx: AsyncConnection) -> PrunedEvents:
    row = (await tx.execute(text(PRUNED))).one()
    return PrunedEvents(row.events, int(row.last_xid), row.last_seq)


async def _expired(tx: AsyncConnection) -> Expired:
    """Return the error that says from when on events are still kept."""
    oldest: datetime | None = await tx.scalar(text(OLDEST))
    kept_since = oldest and oldest.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return Expired("CURSOR_EXPIRED", oldest_event_at=kept_since)
