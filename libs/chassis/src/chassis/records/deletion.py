"""Soft deletion: the row stays, with the instant at which it left every list, and may come back.

A table with `deleted_at` is read by `fetch_row` without its deleted rows; `with_deleted` shows them
to DELETE, restore, and to handlers whose facts arrive late.
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
    """The entity deleted now; itself (`is before`) if it already was: nothing is to be saved.

    Raises PreconditionRequired, PreconditionFailed (STALE_COPY).
    """
    if before.deleted_at is not None:
        return before
    expected.check(before)
    return replace(before, deleted_at=now, updated_at=now)


def mark_restored(before: D, *, now: datetime, expected: Precondition = UNCONDITIONAL) -> D:
    """The entity back again; itself (`is before`) if it was there: nothing is to be saved.

    Raises PreconditionRequired, PreconditionFailed (STALE_COPY).
    """
    if before.deleted_at is None:
        return before
    expected.check(before)
    return replace(before, deleted_at=None, updated_at=now)
