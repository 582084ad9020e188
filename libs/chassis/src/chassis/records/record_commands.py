"""The commands that every record has: create, edit, move, delete and restore.

Each locks the record, checks the precondition after a repeated command has been recognized, saves
the record with its next version, and publishes its event in the same transaction. What is special
about a record is a function that the command calls between reading and saving it. Only a deletion
is allowed while the record's parent is deleted (`records.access.parents`); others are RuleBroken.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar
from uuid import UUID

from chassis.events.outbox import publish
from chassis.records.access.parents import ensure_parent
from chassis.records.access.visibility import EVERYTHING, Visibility, visibility_of
from chassis.records.approvals.guard import keep_approval
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.deletion import Deletable, mark_deleted, mark_restored
from chassis.records.record_types import Record, RecordType
from chassis.records.work.follow_ups import keep_follow_up
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import RecordRef
from kernel.errors import Conflict, DomainError

R = TypeVar("R", bound=Record)
Edit = Callable[[R], R]
Check = Callable[[R, R], Awaitable[None]]
CheckRemoval = Callable[[R], Awaitable[None]]
Prepare = Callable[[R], Awaitable[R]]
Move = Callable[[R], "tuple[R, Event | None] | AlreadyMade"]
Save = Callable[[R, R, Event | None], Awaitable[R]]


@dataclass(frozen=True)
class AlreadyMade:
    """The record has made the move already: an equal request gets the record as it is.

    `same` says whether the request is equal to the one that made the move, such as in its reason;
    a function reads what the record itself does not hold.
    """

    same: bool | Callable[[], Awaitable[bool]]


MADE = AlreadyMade(same=True)  # of a move whose request says nothing more than the move itself


class DeletableRecord(Record, Deletable, Protocol):
    """A record that can be deleted and restored."""


D = TypeVar("D", bound=DeletableRecord)


async def visibility_for(command: Command, resource: str) -> Visibility:
    """Return what the caller of the command sees of a resource; all of it without a caller."""
    if command.caller is None:
        return EVERYTHING
    return await visibility_of(command.tx, command.caller, resource, command.now)


async def create_record(
    command: Command,
    record_type: RecordType[R],
    record: R,
    *,
    validate: bool = True,
    event: Event | None = None,
) -> R:
    """Insert a new record and publish its event, by default the `created` one of its type.

    Without `validate`, required custom fields may be missing: the source of the record has none.
    Raises Invalid for wrong custom fields, Conflict: QUOTA_ROWS, or the `duplicate` error of the
    type.
    """
    if validate:
        record = await with_valid_custom_fields(command, record_type, record)
    await record_type.add(command.tx, record)
    if event is None and record_type.created is not None:
        event = record_type.event(record_type.created, record)
    await _publish(command, record_type, record, event)
    return record


async def _publish(
    command: Command, record_type: RecordType[R], record: R, event: Event | None
) -> None:
    if event is not None:
        await publish(command.tx, event, of=record)
    elif record_type.is_published:
        raise TypeError(f"{record_type.scoped.resource} was written without an event")


async def save_record(
    command: Command,
    record_type: RecordType[R],
    before: R,
    after: R,
    event: type[Event] | Event | None = None,
) -> R:
    """Save a changed record, publish its event and keep its follow-up; return its next version.

    `event` is an event or its class; by default it is `assigned` for a change of the owner and
    otherwise `changed`. Raises Conflict (STALE_WRITE).
    """
    saved = await record_type.save(command.tx, before, replace(after, updated_at=command.now))
    published = _event_of(command, record_type, before, saved, event)
    await _publish(command, record_type, saved, published)
    await _keep_duties(command, record_type, before, saved)
    return saved


async def _keep_duties(command: Command, record_type: RecordType[R], before: R, saved: R) -> None:
    """Keep what others have to do because of a record: its follow-up, its approval."""
    tx = command.tx
    about = RecordRef(resource=record_type.scoped.resource, record_id=saved.id)
    if record_type.follow_up is not None:
        await keep_follow_up(tx, record_type.follow_up, about, before, saved)
    if record_type.approval is not None:
        by, now = command.actor, command.now
        await keep_approval(tx, record_type.approval, about, before, saved, by=by, now=now)


def _event_of(
    command: Command,
    record_type: RecordType[R],
    before: R,
    saved: R,
    event: type[Event] | Event | None,
) -> Event | None:
    if isinstance(event, Event):
        return event
    if event is not None:
        return record_type.event(event, saved)
    from_owner = getattr(before, "owner_id", None)
    if record_type.assigned is not None and from_owner != getattr(saved, "owner_id", None):
        by = {"from_owner_id": from_owner, "assigned_by": command.actor, "reason": command.reason}
        along = tuple(sorted(command.along))  # an event without such a field leaves it out
        return record_type.event(record_type.assigned, saved, along=along, **by)
    changed = record_type.changed
    return None if changed is None else record_type.event(changed, saved)


async def edit_record(
    command: Command,
    record_type: RecordType[R],
    record_id: UUID,
    edit: Edit[R],
    *,
    check: Check[R] | None = None,
) -> R:
    """Apply an edit to a record; one that changes nothing saves and publishes nothing.

    `check` gets the record before and after the edit, once the precondition holds. Raises NotFound,
    Invalid for wrong custom fields, PreconditionRequired, PreconditionFailed, and what `edit` and
    `check` raise.
    """
    before = await record_type.get(command.tx, record_id, lock=True)
    after = await with_valid_custom_fields(command, record_type, edit(before), before=before)
    if after == before:
        return before
    command.expected.check(before)
    await ensure_parent(command.tx, record_type.scoped, record_id)
    if check is not None:
        await check(before, after)
    return await save_record(command, record_type, before, after)


async def move_record(
    command: Command,
    record_type: RecordType[R],
    record_id: UUID,
    move: Move[R],
    *,
    save: Save[R] | None = None,
) -> R:
    """Change a record by a move, such as from one status to another.

    `move` returns the moved record with its event, or with None for a record type without events;
    and AlreadyMade for a record that has made the move: it stays as it is. `save` gets the record
    before and after the move, and the event; by default it is `save_record`. Raises NotFound,
    PreconditionRequired, PreconditionFailed, Conflict (MOVE_MADE_OTHERWISE), and what the
    functions raise.
    """
    before = await record_type.get(command.tx, record_id, lock=True)
    try:
        moved = move(before)
    except DomainError:
        command.expected.check(before)  # a stale copy explains more than the rule that it broke
        raise
    if isinstance(moved, AlreadyMade):
        await ensure_same(command, before, moved)
        return before
    command.expected.check(before)
    await ensure_parent(command.tx, record_type.scoped, record_id)
    after, event = moved
    if save is not None:
        return await save(before, after, event)
    return await save_record(command, record_type, before, after, event)


async def ensure_same(command: Command, record: Record, made: AlreadyMade) -> None:
    """Ensure that the request of the command is equal to the one that made the move.

    Raises PreconditionRequired, PreconditionFailed, Conflict (MOVE_MADE_OTHERWISE).
    """
    if made.same is True or (callable(made.same) and await made.same()):
        return
    command.expected.check(record)
    raise Conflict("MOVE_MADE_OTHERWISE")


async def with_valid_custom_fields(
    command: Command, record_type: RecordType[R], record: R, *, before: R | None = None
) -> R:
    """Return the record with its custom fields validated; `before` is None for a new record.

    Raises Invalid with every violation.
    """
    if not record_type.has_custom_fields:
        return record
    resource = record_type.scoped.resource
    stored = None if before is None else _custom_fields(before)
    values = await validated_custom_fields(
        command.tx, resource, _custom_fields(record), before=stored
    )
    return replace(record, custom_fields=values)


def _custom_fields(record: Record) -> Mapping[str, Any]:
    values: Mapping[str, Any] = getattr(record, "custom_fields")  # noqa: B009  # not every record has them
    return values


async def delete_record(
    command: Command,
    record_type: RecordType[D],
    record_id: UUID,
    *,
    prepare: Prepare[D] | None = None,
) -> D:
    """Delete a record, which keeps its row; one that is deleted already stays as it is.

    `prepare` may refuse the deletion, or change the record that is saved. Raises NotFound,
    PreconditionRequired, PreconditionFailed, and what `prepare` raises.
    """
    before = await record_type.get(command.tx, record_id, lock=True, with_deleted=True)
    after = mark_deleted(before, now=command.now, expected=command.expected)
    if after is before:
        return before
    if prepare is not None:
        after = await prepare(after)
    return await save_record(command, record_type, before, after, record_type.deleted)


async def restore_record(
    command: Command,
    record_type: RecordType[D],
    record_id: UUID,
    *,
    prepare: Prepare[D] | None = None,
) -> D:
    """Restore a deleted record; one that is not deleted stays as it is.

    `prepare` may refuse it, or change the record that is saved. Raises NotFound,
    PreconditionRequired, PreconditionFailed, and what `prepare` raises.
    """
    before = await record_type.get(command.tx, record_id, lock=True, with_deleted=True)
    after = mark_restored(before, now=command.now, expected=command.expected)
    if after is before:
        return before
    await ensure_parent(command.tx, record_type.scoped, record_id, lock=True)
    if prepare is not None:
        after = await prepare(after)
    return await save_record(command, record_type, before, after, record_type.restored)


async def remove_record(
    command: Command,
    record_type: RecordType[R],
    record_id: UUID,
    *,
    check: CheckRemoval[R] | None = None,
) -> None:
    """Delete a record for good; its event has the version after the last one of the record.

    `check` may refuse the deletion. Raises NotFound, PreconditionRequired, PreconditionFailed, and
    what `check` raises.
    """
    before = await record_type.get(command.tx, record_id, lock=True)
    command.expected.check(before)
    if check is not None:
        await check(before)
    await record_type.remove(command.tx, record_id)
    last = replace(before, updated_at=command.now, version=before.version + 1)
    deleted = record_type.deleted
    event = None if deleted is None else record_type.removal(deleted, last)
    await _publish(command, record_type, last, event)
