"""The tables of requests, of their seats and their history, and all SQL on them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Select,
    Table,
    Uuid,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import uncounted
from chassis.database.record_columns import record_columns
from chassis.database.rows import to_columns
from chassis.records.access.visibility import ScopedResource, UnownedResource
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, lower_case
from chassis.records.record_parts import Parts
from chassis.records.record_types import RecordType
from contracts.desk.events import ApprovalChanged, ApprovalOpened
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.history import HistoryEntry
from desk.approvals.domain.seats import UNDECIDED, Seat
from desk.approvals.schemas import ApprovalSummary, ApprovalTaskOut
from desk.database import metadata
from kernel.errors import NotFound

approvals = Table(
    "approvals",
    metadata,
    *record_columns(Approval, without=("seats", "lines")),
    Column("lines", JSONB, nullable=False),
    sort_column("ended_at", DateTime(timezone=True)),
    Index(None, "tenant_id", "resource", "record_id", "id"),
    Index(None, "tenant_id", "kind", "id"),
    Index(None, "tenant_id", "requested_at"),
)
approval_seats = Table(
    "approval_seats",
    metadata,
    *record_columns(Seat),
    Column("approval_id", Uuid, nullable=False),
    sort_column("decided_at", DateTime(timezone=True)),
    Index(None, "tenant_id", "approval_id", "id"),
    Index(None, "tenant_id", "person", "state", "asked_at", "id"),
    Index(None, "tenant_id", "asked_at"),
    Index(
        "approval_seats_undecided",
        "tenant_id",
        "person",
        "approval_id",
        postgresql_where=text("state IN ('WAITING', 'OPEN')"),
    ),
    Index(
        "approval_seats_stood_in",
        "tenant_id",
        "instead_of",
        "approval_id",
        postgresql_where=text("state IN ('WAITING', 'OPEN') AND instead_of IS NOT NULL"),
    ),
)
_version: Column[int] = approval_seats.c.version
_version.info.update(uncounted("a seat is a part of a request"))
approval_history = Table(
    "approval_history",
    metadata,
    *record_columns(HistoryEntry),
    ForeignKeyConstraint(
        ["tenant_id", "approval_id"], ["approvals.tenant_id", "approvals.id"], ondelete="CASCADE"
    ),
    Index(None, "tenant_id", "approval_id", "id"),
)

TASKS = UnownedResource("desk.approval_task", approval_seats)
APPROVALS = ScopedResource("desk.approval", approvals, owner="requested_by")
APPROVAL = RecordType(
    scoped=APPROVALS,
    entity=Approval,
    created=ApprovalOpened,
    changed=ApprovalChanged,
    called_by=("record_name",),
    parts=(
        Parts(field="seats", entity=Seat, table=approval_seats, parent="approval_id", order="id"),
    ),
)
LISTING = Listing(
    APPROVALS,
    ApprovalSummary,
    filters=[
        "status",
        CodeFilter("kind", lower_case),
        CodeFilter("resource", lower_case),
        "record_id",
        "requested_by",
        "requested_at",
        "ended_at",
        "created_at",
        "updated_at",
    ],
    sorts=["requested_at", "ended_at", "created_at", "updated_at"],
    words=["record_name"],
)


TASK_LISTING = Listing(
    approval_seats,
    ApprovalTaskOut,
    resource="desk.approval_task",
    collection="approval-tasks",
    personal="person",
    filters=["state", CodeFilter("kind", lower_case), "approval_id", "asked_at", "decided_at"],
    sorts=["asked_at", "decided_at", "state,asked_at"],
)


async def approval_of_seat(tx: AsyncConnection, seat_id: UUID, *, person: str | None) -> UUID:
    """Return the request of a seat, if it is this person's or theirs first; of anybody for None.

    Raises NotFound.
    """
    c = approval_seats.c
    query = select(c.approval_id).where(c.id == seat_id)
    if person is not None:
        query = query.where((c.person == person) | (c.instead_of == person))
    found: UUID | None = await tx.scalar(query)
    if found is None:
        raise NotFound("approval_task", seat_id)
    return found


async def lock_requests_of(tx: AsyncConnection, seat_ids: Sequence[UUID]) -> None:
    """Lock the requests of seats in one order, so that two bulk decisions do not deadlock."""
    mine = select(approval_seats.c.approval_id).where(approval_seats.c.id.in_(seat_ids))
    locked = select(approvals.c.id).where(approvals.c.id.in_(mine)).order_by(approvals.c.id)
    await tx.execute(locked.with_for_update())


async def find_by_id(tx: AsyncConnection, approval_id: UUID) -> Approval | None:
    """Lock and return a request, if it has arrived."""
    try:
        return await APPROVAL.get(tx, approval_id, lock=True)
    except NotFound:
        return None


async def waiting_for(
    tx: AsyncConnection, person: str, *, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """Return requests in which a person has not decided yet, in the order of their ids."""
    return await _undecided(tx, approval_seats.c.person == person, after=after, limit=limit)


async def asked_first(
    tx: AsyncConnection, person: str, *, after: UUID | None, limit: int
) -> Sequence[UUID]:
    """Return requests in which a person, or a substitute for them, has not decided yet."""
    c = approval_seats.c
    mine = (c.person == person) | (c.instead_of == person)
    return await _undecided(tx, mine, after=after, limit=limit)


async def _undecided(
    tx: AsyncConnection, mine: ColumnElement[bool], *, after: UUID | None, limit: int
) -> Sequence[UUID]:
    c = approval_seats.c
    query = select(c.approval_id).where(mine, c.state.in_(sorted(UNDECIDED)))
    if after is not None:
        query = query.where(c.approval_id > after)
    rows = await tx.scalars(query.distinct().order_by(c.approval_id).limit(limit))
    return rows.all()


async def add_history(tx: AsyncConnection, entries: Sequence[HistoryEntry]) -> None:
    """Append entries to the history of a request."""
    if entries:
        rows = [to_columns(approval_history, entry) for entry in entries]
        await tx.execute(insert(approval_history), rows)


def history_of(approval_id: UUID) -> Select[Any]:
    """Return the query of a request's history, unordered; the caller pages it."""
    return select(approval_history).where(approval_history.c.approval_id == approval_id)
