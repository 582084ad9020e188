"""Transfers of records to another owner, with a history of the owners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.write_cause import set_audit_reason
from chassis.records.access.along import Along, TransferredRecord
from chassis.records.access.guards import caller_access, ensure_access
from chassis.records.access.tables import owner_changes, people
from chassis.records.access.visibility import Access, ScopedResource, UnownedResource
from chassis.records.work.actions import announce_owner
from chassis.web.commands import Command
from chassis.web.preconditions import Versioned
from contracts.work import RecordRef
from kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Violation
from kernel.ids import new_id


class NamedRecord(Versioned, Protocol):
    """A record with the name or document number that people call it by."""

    @property
    def display_name(self) -> str: ...


class TransferAction(Protocol):
    """A service's command that saves the record with its new owner and publishes the event."""

    async def __call__(
        self, command: Command, record_id: UUID, owner_id: str, /
    ) -> NamedRecord: ...


@dataclass(frozen=True)
class TransferRequest:
    """A transfer of records of one resource to a new owner.

    `of_many` leaves records alone that the new owner has already, whatever the reasons were.
    `along` transfers what goes along with each.
    """

    scoped: ScopedResource
    transfer: TransferAction
    owner_id: str
    of_many: bool = False
    along: Along | None = None


async def active_owner_name(
    tx: AsyncConnection, owner_id: str, *, pointer: str = "/owner_id"
) -> str:
    """Return the name of an active person, who may own records.

    Raises Invalid (OWNER_UNKNOWN, OWNER_INACTIVE).
    """
    query = select(people.c.name, people.c.active).where(
        people.c.subject == owner_id, ~people.c.deleted
    )
    person = (await tx.execute(query.order_by(people.c.active.desc()).limit(1))).one_or_none()
    if person is None:
        raise Invalid([Violation(pointer, "OWNER_UNKNOWN")])
    if not person.active:
        raise Invalid([Violation(pointer, "OWNER_INACTIVE")])
    name: str = person.name
    return name


async def transfer_record(
    command: Command, request: TransferRequest, record_id: UUID
) -> TransferredRecord:
    """Transfer one record and notify its new owner; nothing is written if they own it already.

    The caller of the command must own the record or manage its owner. Raises NotFound, Forbidden
    (RECORD_READ_ONLY, OWNERSHIP_REQUIRED), what the service's action raises, and PreconditionFailed
    or Conflict (MOVE_MADE_OTHERWISE) if they own it since a transfer for another reason.
    """
    tx, scoped, now, caller = command.tx, request.scoped, command.now, command.caller
    assert caller is not None, "somebody transfers a record"
    access = await caller_access(tx, caller, scoped, record_id, now, lock=True)
    ensure_access(access, Access.WRITE)
    if not access.may_transfer:
        raise Forbidden("OWNERSHIP_REQUIRED")
    if access.owner_id == request.owner_id:
        owned = TransferredRecord(
            record_id, request.owner_id, await _version(tx, scoped, record_id)
        )
        if not request.of_many and not await _is_same_reason(command, scoped, record_id):
            command.expected.check(owned)
            raise Conflict("MOVE_MADE_OTHERWISE")
        return owned
    if command.reason is not None:
        await set_audit_reason(tx, command.reason)
    saved = await request.transfer(command, record_id, request.owner_id)
    before, after = access.owner_id, request.owner_id
    await add_owner_change(command, scoped, record_id, before=before, after=after)
    if command.announces:
        about, name = RecordRef(resource=scoped.resource, record_id=record_id), saved.display_name
        await announce_owner(tx, about, name=name, owner_id=after, actor=caller.subject)
    owned = TransferredRecord(record_id, request.owner_id, saved.version, from_owner_id=before)
    if request.along is None:
        return owned
    went = await request.along.transfer(command.unconditional, owned)
    return replace(owned, along=went)


async def _is_same_reason(command: Command, scoped: ScopedResource, record_id: UUID) -> bool:
    """Whether the last transfer of a record had the reason of the command, or there was none."""
    last = await last_owner_change(command.tx, scoped, record_id)
    return last is None or last.reason == command.reason


async def last_owner_change(
    tx: AsyncConnection, scoped: ScopedResource, record_id: UUID
) -> Row[Any] | None:
    """Return the last change of a record's owner; None if its first owner still has it."""
    query = select(owner_changes).where(
        owner_changes.c.resource == scoped.resource, owner_changes.c.record_id == record_id
    )
    latest = query.order_by(owner_changes.c.id.desc()).limit(1)
    return (await tx.execute(latest)).one_or_none()


async def add_owner_change(
    command: Command,
    scoped: ScopedResource | UnownedResource,
    record_id: UUID,
    *,
    before: str | None,
    after: str | None,
) -> None:
    """Add a change of the owner to the history of a record that has just been saved.

    `after` is None if nobody owns the record from now on.
    """
    change = OwnerChange(record_id, before, after, command.reason)
    await add_owner_changes(command, scoped, [change])


@dataclass(frozen=True)
class OwnerChange:
    """A record got another owner, or none; `id` is that of the entry in its history.

    `reason` is what somebody wrote. What the service itself did has a `cause`, the code of a text
    with its params (`{"code": ..., "params": {...}}`), which is put into words when it is read.
    """

    record_id: UUID
    before: str | None
    after: str | None
    reason: str | None = None
    cause: Mapping[str, Any] | None = None
    id: UUID = field(default_factory=new_id)


async def add_owner_changes(
    command: Command, scoped: ScopedResource | UnownedResource, changes: Sequence[OwnerChange]
) -> None:
    """Add changes of the owner to the histories of records that have just been saved."""
    rows = [
        {
            "id": change.id,
            "resource": scoped.resource,
            "record_id": change.record_id,
            "from_owner_id": change.before,
            "to_owner_id": change.after,
            "reason": change.reason,
            "cause": change.cause,
            "changed_by": command.actor,
            "changed_at": command.now,
        }
        for change in changes
    ]
    if rows:
        await command.tx.execute(insert(owner_changes), rows)


async def assign_on_create(command: Command, request: TransferRequest, record_id: UUID) -> None:
    """Transfer a new record to its requested owner, who is notified like any new owner."""
    if request.owner_id != command.actor:
        await transfer_record(command.unconditional, request, record_id)


async def transfer_records(
    command: Command, request: TransferRequest, record_ids: Sequence[UUID]
) -> dict[UUID, TransferredRecord | DomainError]:
    """Transfer many records; an error of one does not affect the others.

    All of them are locked first, in the order of their ids: an action may take other locks after
    that of a record, such as one of the new owner, and must not wait for a record then.
    """
    table = request.scoped.table
    locked = select(table.c.id).where(table.c.id.in_(set(record_ids)))
    await command.tx.execute(locked.order_by(table.c.id).with_for_update())
    results: dict[UUID, TransferredRecord | DomainError] = {}
    for record_id in sorted(set(record_ids)):
        try:
            async with command.tx.begin_nested():
                results[record_id] = await transfer_record(command, request, record_id)
        except DomainError as error:
            results[record_id] = error
    return results


async def _version(tx: AsyncConnection, scoped: ScopedResource, record_id: UUID) -> int:
    """Return the version of a record. Raises NotFound for a deleted one."""
    table = scoped.table
    query = select(table.c["version"]).where(table.c["id"] == record_id)
    if "deleted_at" in table.c:
        query = query.where(table.c["deleted_at"].is_(None))
    version: int | None = (await tx.execute(query)).scalar_one_or_none()
    if version is None:
        raise NotFound(scoped.name, record_id)
    return version


def owner_changes_query(scoped: ScopedResource, record_id: UUID) -> Select[Any]:
    """Return the query for a record's owner changes, with names where the directory has them."""

    def name(column: Any, label: str) -> Any:
        query = select(people.c.name).where(people.c.subject == column, ~people.c.deleted)
        return query.limit(1).scalar_subquery().label(label)

    return select(
        owner_changes,
        name(owner_changes.c.from_owner_id, "from_owner_name"),
        name(owner_changes.c.to_owner_id, "to_owner_name"),
        name(owner_changes.c.changed_by, "changed_by_name"),
    ).where(owner_changes.c.resource == scoped.resource, owner_changes.c.record_id == record_id)
