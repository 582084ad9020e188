"""The task that the owner of a record has while the record is open, kept by every save."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.work.actions import raise_task, settle_tasks
from contracts.work import RecordRef, TaskKind

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class FollowUp(Generic[R]):
    """Declares the follow-up of a type of record: its task, and which records are open.

    The owner gets the task when they get an open record, or when their record is opened again or
    restored; it is due on `due_date` of the record. A record that is closed or deleted settles it,
    and so does one that nobody owns any more. A new record raises no task: whoever created it knows
    of it. Tasks of the kinds `ends_with` are settled when the record is closed, deleted or gets
    another owner.
    """

    kind: TaskKind
    is_open: Callable[[R], bool]
    due_date: Callable[[R], date | None] = lambda record: None
    ends_with: Sequence[TaskKind] = ()

    def is_needed(self, record: R) -> bool:
        """Return whether the record is open and not deleted."""
        return getattr(record, "deleted_at", None) is None and self.is_open(record)


async def keep_follow_up(
    tx: AsyncConnection, follow_up: FollowUp[Any], about: RecordRef, before: Any, saved: Any
) -> None:
    """Raise or settle the follow-up of a record that was just saved."""
    was_needed = follow_up.is_needed(before) and before.owner_id is not None
    is_needed = follow_up.is_needed(saved) and saved.owner_id is not None
    ends = was_needed and (not is_needed or before.owner_id != saved.owner_id)
    if ends and is_needed and follow_up.ends_with:
        await settle_tasks(tx, about, kinds=follow_up.ends_with)
    if is_needed and (not was_needed or before.owner_id != saved.owner_id):
        await raise_task(
            tx,
            follow_up.kind,
            about,
            assignee=saved.owner_id,
            params={"name": saved.display_name},
            due_date=follow_up.due_date(saved),
        )
    elif ends:
        await settle_tasks(tx, about, kinds=[follow_up.kind, *follow_up.ends_with])
