"""A record gets another owner, and what it was before stays known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.write_cause import set_audit_reason
from chassis.records.access.guards import caller_access, ensure_access
from chassis.records.access.tables import owner_changes, people
from chassis.records.access.visibility import Access, ScopedResource
from chassis.web.auth import Principal
from chassis.web.preconditions import UNCONDITIONAL, Precondition, Versioned
from kernel.errors import DomainError, Forbidden, Invalid, Violation
from kernel.ids import new_id


class TransferAction(Protocol):
    """A service's action, which saves the record with its new owner and tells of it."""

    async def __call__(
        self,
        tx: AsyncConnection,
        record_id: UUID,
        owner_id: str,
        expected: Precondition,
        actor: str,
        now: datetime,
        /,
        *,
        reason: str | None,
    ) -> Versioned: ...


@dataclass(frozen=True)
class TransferredRecord:
    """Who owns a record now."""

    id: UUID
    owner_id: str
    version: int


@dataclass(frozen=True)
class TransferRequest:
    """How one resource's records change hands: to whom, by whom, why and when."""

    scoped: ScopedResource
    transfer: TransferAction
    principal: Principal
    owner_id: str
    reason: str | None
    now: datetime


async def active_owner_name(
    tx: AsyncConnection, owner_id: str, *, pointer: str = "/owner_id"
) -> str:
    """The name of somebody who may own records. Raises Invalid (OWNER_UNKNOWN, OWNER_INACTIVE)."""
    query = select(people.c.name, people.c.active).where(
        people.c.subject == owner_id, ~people.c.deleted
    )
    found = (await tx.execute(query.order_by(people.c.active.desc()).limit(1))).one_or_none()
    if found is None:
        raise Invalid([Violation(pointer, "OWNER_UNKNOWN")])
    if not found.active:
        raise Invalid([Violation(pointer, "OWNER_INACTIVE")])
    name: str = found.name
    return name


async def transfer_record(
    tx: AsyncConnection,
    handover: TransferRequest,
    record_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
) -> TransferredRecord:
    """Give one record away; to whom has it already, nothing is written.

    Raises NotFound, Forbidden (RECORD_READ_ONLY, OWNERSHIP_REQUIRED), and what the service's
    action raises.
    """
    scoped, now, actor = handover.scoped, handover.now, handover.principal.subject
    standing = await caller_access(tx, handover.principal, scoped, record_id, now, lock=True)
    ensure_access(standing, Access.WRITE)
    if not standing.head:
        raise Forbidden("OWNERSHIP_REQUIRED")
    if standing.owner_id == handover.owner_id:
        return TransferredRecord(
            record_id, handover.owner_id, await _version(tx, scoped, record_id)
        )
    if handover.reason is not None:
        await set_audit_reason(tx, handover.reason)
    saved = await handover.transfer(
        tx, record_id, handover.owner_id, expected, actor, now, reason=handover.reason
    )
    change = {
        "id": new_id(),
        "resource": scoped.resource,
        "record_id": record_id,
        "from_owner_id": standing.owner_id,
        "to_owner_id": handover.owner_id,
        "reason": handover.reason,
        "changed_by": actor,
        "changed_at": now,
    }
    await tx.execute(insert(owner_changes).values(change))
    return TransferredRecord(record_id, handover.owner_id, saved.version)


async def assign_on_create(tx: AsyncConnection, handover: TransferRequest, record_id: UUID) -> None:
    """Give a record just made to whom it was made for, who is told like any new owner."""
    if handover.owner_id != handover.principal.subject:
        await transfer_record(tx, handover, record_id)


async def transfer_records(
    tx: AsyncConnection, handover: TransferRequest, record_ids: Sequence[UUID]
) -> dict[UUID, TransferredRecord | DomainError]:
    """Give many away, each for itself: what is refused leaves the others as they are.

    They are locked in the order of their ids, so that two of these never wait for each other.
    """
    done: dict[UUID, TransferredRecord | DomainError] = {}
    for record_id in sorted(set(record_ids)):
        try:
            async with tx.begin_nested():
                done[record_id] = await transfer_record(tx, handover, record_id)
        except DomainError as refusal:
            done[record_id] = refusal
    return done


async def _version(tx: AsyncConnection, scoped: ScopedResource, record_id: UUID) -> int:
    table = scoped.table
    query = select(table.c["version"]).where(table.c["id"] == record_id)
    version: int = (await tx.execute(query)).scalar_one()
    return version


def owner_changes_query(scoped: ScopedResource, record_id: UUID) -> Select[Any]:
    """The changes of a record's owner, with names where the directory knows them."""

    def name(column: Any, label: str) -> Any:
        query = select(people.c.name).where(people.c.subject == column, ~people.c.deleted)
        return query.limit(1).scalar_subquery().label(label)

    return select(
        owner_changes,
        name(owner_changes.c.from_owner_id, "from_owner_name"),
        name(owner_changes.c.to_owner_id, "to_owner_name"),
        name(owner_changes.c.changed_by, "changed_by_name"),
    ).where(owner_changes.c.resource == scoped.resource, owner_changes.c.record_id == record_id)
