"""The table of captures and all SQL on it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    bindparam,
    func,
    null,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import uncounted
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns, is_one_of
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_rows
from mtl.captures.domain import Capture
from mtl.captures.schemas import CaptureSummary
from mtl.database import metadata

_OWN: Final = ("version", "event_digest", "payload_digest", "reasons", "payload", "fields")
# What is emptied some day: captures that wait for a decision are kept until it is made.
_KEPT: Final = text("emptied_at IS NULL AND outcome <> 'QUARANTINED'")
_SETTLED: Final = ("outcome", "reasons", "lead_id", "duplicate_of_id")

captures = Table(
    "captures",
    metadata,
    *record_columns(Capture, without=_OWN),
    Column(
        "version",
        Integer,
        nullable=False,
        info=uncounted("what is handed in counts once it is a lead"),
    ),
    Column("event_digest", LargeBinary),
    Column("payload_digest", LargeBinary, nullable=False),
    *(
        Column(name, JSONB(none_as_null=True), info={"personal": "text"})
        for name in ("reasons", "payload", "fields")
    ),
    Index(None, "tenant_id", "channel_id", "event_digest", unique=True),
    Index("ix_captures_kept", "tenant_id", "created_at", "id", postgresql_where=_KEPT),
)
CAPTURES: Final = UnownedResource("mtl.capture", captures)
CAPTURE: Final = RecordType(scoped=CAPTURES, entity=Capture, is_published=False)
LISTING: Final = Listing(
    CAPTURES,
    CaptureSummary,
    entity=Capture,
    filters=["channel_id", "outcome", "lead_id", "reviewed_by", "touched_at", "created_at"],
    sorts=["created_at", "touched_at"],
)


async def add_unless_known(tx: AsyncConnection, new: Sequence[Capture]) -> list[Capture]:
    """Insert captures, without those whose event ids the channel knows; return the inserted ones.

    Waits for transactions that are inserting one with the same event id. The order of the event
    ids prevents deadlocks.
    """
    ordered = sorted(new, key=lambda each: (each.event_digest or b"", each.id))
    return await insert_rows(tx, captures, ordered, unique=("channel_id", "event_digest"))


async def by_event_digest(
    tx: AsyncConnection, channel_id: UUID, digests: Collection[bytes]
) -> dict[bytes, Capture]:
    """Return the captures of a channel with these event ids."""
    if not digests:
        return {}
    query: Any = select(captures).where(
        captures.c.channel_id == channel_id, is_one_of(captures.c.event_digest, digests)
    )
    rows = (await tx.execute(query)).mappings()
    found = (from_columns(Capture, dict(row)) for row in rows)
    return {each.event_digest: each for each in found if each.event_digest is not None}


async def settle(tx: AsyncConnection, settled: Sequence[Capture]) -> None:
    """Write what became of captures that this transaction has inserted."""
    if not settled:
        return
    statement = (
        update(captures)
        .where(captures.c.id == bindparam("known_id"))
        .values({name: bindparam(name) for name in _SETTLED})
    )
    rows = [
        {"known_id": each.id, **{name: getattr(each, name) for name in _SETTLED}}
        for each in settled
    ]
    await tx.execute(statement, rows)


async def empty_payloads(
    tx: AsyncConnection, *, before: datetime, now: datetime, limit: int
) -> list[tuple[UUID, UUID | None]]:
    """Erase payloads and fields of captures that were decided before an instant, the oldest first.

    Return the captures, each with its lead. The rows stay, so that figures count what came in.
    """
    c = captures.c
    old = (
        select(c.id)
        .where(_KEPT, c.created_at < before, func.coalesce(c.reviewed_at, c.created_at) < before)
        .order_by(c.created_at, c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    values = {"payload": null(), "fields": null(), "emptied_at": now, "version": c.version + 1}
    emptied = update(captures).where(c.id.in_(old)).values(**values, updated_at=now)
    return [(row.id, row.lead_id) for row in await tx.execute(emptied.returning(c.id, c.lead_id))]
