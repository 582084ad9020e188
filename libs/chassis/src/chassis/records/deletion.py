"""Soft deletion: the row keeps its data and the time of deletion, and can be restored.

`fetch_row` skips deleted rows of a table with `deleted_at`; DELETE, restore and handlers of late
events read them with `with_deleted`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Protocol, TypeVar

from chassis.database.rows import Entity
from chassis.web.preconditions import UNCONDITIONAL, Precondition


class Deletable(Entity, Protocol):
    """An entity that can be deleted and restored."""

    @property
    def deleted_at(self) -> datetime | None: ...
    @property
    def updated_at(self) -> datetime: ...


D = TypeVar("D", bound=Deletable)


def mark_deleted(before: D, *, now: datetime, expected: Precondition = UNCONDITIONAL) -> D:
    """Return the entity marked as deleted; the same object if it already was: nothing to save.

    Raises PreconditionRequired, PreconditionFailed (STALE_COPY).
    """
    if before.deleted_at is not None:
        return before
    expected.check(before)
    return replace(before, deleted_at=now, updated_at=now)


def mark_restored(before: D, *, now: datetime, expected: Precondition = UNCONDITIONAL) -> D:
    """Return the entity restored; the same object if it was not deleted: nothing to save.

    Raises PreconditionRequired, PreconditionFailed (STALE_COPY).
    """
    if before.deleted_at is None:
        return before
    expected.check(before)
    return replace(before, deleted_at=None, updated_at=now)
