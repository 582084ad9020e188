"""Saved views: a person's queries of a list, each stored under a name."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_saved_views
from chassis.database.rows import from_columns
from chassis.records.lists.tables import saved_views
from chassis.records.writes import delete_row, insert_row, update_row
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Conflict, Invalid, NotFound, Violation


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A named query string of a resource's list; `fields` are the fields to show, if not all."""

    id: UUID
    subject: str
    resource: str
    name: str
    query: str
    fields: list[str] = field(default_factory=list)
    is_default: bool = False
    created_at: datetime
    updated_at: datetime
    version: int = 1


async def get_view(tx: AsyncConnection, view_id: UUID, subject: str) -> SavedView:
    """Return a person's view. Raises NotFound, also for the views of others."""
    is_view = (saved_views.c.id == view_id) & (saved_views.c.subject == subject)
    query: Select[Any] = select(saved_views).where(is_view)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise NotFound("saved_view", view_id)
    return from_columns(SavedView, row._mapping)


async def query_of_view(
    tx: AsyncConnection, view_id: UUID, resource: str, subject: str
) -> tuple[str, tuple[str, ...]]:
    """Return query and fields of the view in `?view=`. Raises Invalid (SAVED_VIEW_UNKNOWN)."""
    columns = saved_views.c
    query = select(columns.query, columns.fields).where(
        columns.id == view_id, columns.subject == subject, columns.resource == resource
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise Invalid([Violation("?view", "SAVED_VIEW_UNKNOWN")])
    return row.query, tuple(row.fields)


async def add_view(tx: AsyncConnection, view: SavedView) -> SavedView:
    """Add a view. Raises Conflict (SAVED_VIEW_NAME_TAKEN)."""
    await _ensure_unique(tx, view)
    await insert_row(tx, saved_views, view)
    return view


async def edit_view(
    tx: AsyncConnection,
    before: SavedView,
    after: SavedView,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> SavedView:
    """Save a changed view. Raises Conflict (SAVED_VIEW_NAME_TAKEN, STALE_WRITE)."""
    if after == before:
        return before
    expected.check(before)
    await _ensure_unique(tx, after)
    return await update_row(tx, saved_views, replace(after, updated_at=now))


async def delete_view(
    tx: AsyncConnection, view: SavedView, *, expected: Precondition = UNCONDITIONAL
) -> None:
    """Delete a view for good; it is no business record that would have to be restorable."""
    expected.check(view)
    await delete_row(tx, saved_views, view.id)


async def _ensure_unique(tx: AsyncConnection, view: SavedView) -> None:
    """Refuse a name that is taken and unset the former default, with one writer at a time.

    A person has one view of a name and at most one default view for each list.
    """
    await lock_saved_views(tx, view.subject, view.resource)
    columns = saved_views.c
    others = (
        columns.subject == view.subject,
        columns.resource == view.resource,
        columns.id != view.id,
    )
    same_name = select(columns.id).where(*others, columns.name == view.name)
    if (await tx.execute(same_name)).first() is not None:
        raise Conflict("SAVED_VIEW_NAME_TAKEN", name=view.name)
    if view.is_default:
        former = update(saved_views).where(*others, columns.is_default)
        await tx.execute(former.values(is_default=False, version=columns.version + 1))
