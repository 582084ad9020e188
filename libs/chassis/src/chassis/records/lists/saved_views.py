"""Saved views: what a person likes to see of a list, kept under a name of its own."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_saved_views
from chassis.database.rows import from_columns
from chassis.records.lists.tables import saved_views
from chassis.records.writes import insert_row, update_row
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Conflict, Invalid, NotFound, Violation


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A query string of a collection's list; `fields` where the screen shows some only."""

    id: UUID
    subject: str
    collection: str
    name: str
    query: str
    fields: list[str] = field(default_factory=list)
    is_default: bool = False
    created_at: datetime
    updated_at: datetime
    version: int = 1


async def get_view(tx: AsyncConnection, view_id: UUID, subject: str) -> SavedView:
    """Raises NotFound, also for the views of others."""
    mine = (saved_views.c.id == view_id) & (saved_views.c.subject == subject)
    query: Select[Any] = select(saved_views).where(mine)
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise NotFound("saved_view", view_id)
    return from_columns(SavedView, row._mapping)


async def query_of_view(
    tx: AsyncConnection, view_id: UUID, collection: str, subject: str
) -> tuple[str, tuple[str, ...]]:
    """The query and fields of `?view=`. Raises Invalid (SAVED_VIEW_UNKNOWN)."""
    columns = saved_views.c
    query = select(columns.query, columns.fields).where(
        columns.id == view_id, columns.subject == subject, columns.collection == collection
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise Invalid([Violation("?view", "SAVED_VIEW_UNKNOWN")])
    return row.query, tuple(row.fields)


def saved_views_query(subject: str, collection: str | None) -> Select[Any]:
    """A person's views, as a query for a page."""
    query = select(saved_views).where(saved_views.c.subject == subject)
    return query if collection is None else query.where(saved_views.c.collection == collection)


async def add_view(tx: AsyncConnection, view: SavedView) -> SavedView:
    """Raises Conflict (SAVED_VIEW_NAME_TAKEN)."""
    await _make_room(tx, view)
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
    """Raises Conflict (SAVED_VIEW_NAME_TAKEN, STALE_WRITE)."""
    if after == before:
        return before
    expected.check(before)
    await _make_room(tx, after)
    return await update_row(tx, saved_views, replace(after, updated_at=now))


async def delete_view(
    tx: AsyncConnection, view: SavedView, *, expected: Precondition = UNCONDITIONAL
) -> None:
    """For good: a view is a convenience, not a record of business."""
    expected.check(view)
    await tx.execute(saved_views.delete().where(saved_views.c.id == view.id))


async def _make_room(tx: AsyncConnection, view: SavedView) -> None:
    """One view of a name, and one default, for a person and a list: one writer at a time."""
    await lock_saved_views(tx, view.subject, view.collection)
    columns = saved_views.c
    beside = (
        columns.subject == view.subject,
        columns.collection == view.collection,
        columns.id != view.id,
    )
    named = select(columns.id).where(*beside, columns.name == view.name)
    if (await tx.execute(named)).first() is not None:
        raise Conflict("SAVED_VIEW_NAME_TAKEN", name=view.name)
    if view.is_default:
        former = update(saved_views).where(*beside, columns.is_default)
        await tx.execute(former.values(is_default=False, version=columns.version + 1))
