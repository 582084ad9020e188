"""The tables of activities and the people who took part, and all SQL on them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    Index,
    Label,
    RowMapping,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.record_columns import record_columns
from chassis.records.access.visibility import ScopedResource, Visibility, is_visible
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.day_counts import DayPeriod, counts_by_day
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_row, update_row
from contracts.l2o.events import (
    ActivityChanged,
    ActivityCreated,
    ActivityDeleted,
    ActivityRestored,
)
from l2o.activities.domain import NO_TOUCH_KINDS, Activity
from l2o.activities.schemas import ActivityOut
from l2o.database import metadata

activities = Table(
    "activities",
    metadata,
    *record_columns(Activity, without=("contact_ids", "participant_ids")),
    sort_column("next_step_on", Date()),
    sort_column("next_step_done_at", DateTime(timezone=True)),
    Index(None, "tenant_id", "account_id", "at", "id"),
    Index(None, "tenant_id", "opportunity_id", "at", "id"),
)
activity_contacts = Table(
    "activity_contacts",
    metadata,
    tenant_column(),
    Column("activity_id", Uuid, primary_key=True),
    Column("contact_id", Uuid, primary_key=True),
    Index(None, "tenant_id", "contact_id", "activity_id"),
)
activity_participants = Table(
    "activity_participants",
    metadata,
    tenant_column(),
    Column("activity_id", Uuid, primary_key=True),
    Column("participant_id", Text, primary_key=True),
    Index(None, "tenant_id", "participant_id", "activity_id"),
)


def _ids(column: Column[Any], name: str) -> Label[Any]:
    """Return the column of the people of an activity, in the order of their ids."""
    table = column.table
    ids = (
        select(column)
        .where(table.c.activity_id == activities.c.id)
        .order_by(column)
        .correlate(activities)
        .scalar_subquery()
    )
    return func.array(ids, type_=ARRAY(column.type, as_tuple=True)).label(name)


async def _insert(tx: AsyncConnection, activity: Activity) -> None:
    await insert_row(tx, activities, activity)
    await _add_people(tx, activity, activity.contact_ids, activity.participant_ids)


async def _update(tx: AsyncConnection, before: Activity, after: Activity) -> Activity:
    saved = await update_row(tx, activities, after, before=before)
    for column, gone in (
        (activity_contacts.c.contact_id, {*before.contact_ids} - {*after.contact_ids}),
        (
            activity_participants.c.participant_id,
            {*before.participant_ids} - {*after.participant_ids},
        ),
    ):
        if gone:
            mine = column.table.c.activity_id == after.id
            await tx.execute(delete(column.table).where(mine, column.in_(gone)))
    contacts = sorted(set(after.contact_ids) - set(before.contact_ids))
    participants = sorted(set(after.participant_ids) - set(before.participant_ids))
    await _add_people(tx, after, contacts, participants)
    return saved


async def _add_people(
    tx: AsyncConnection, activity: Activity, contacts: Collection[UUID], subjects: Collection[str]
) -> None:
    if contacts:
        rows = [{"activity_id": activity.id, "contact_id": one} for one in contacts]
        await tx.execute(insert(activity_contacts), rows)
    if subjects:
        people = [{"activity_id": activity.id, "participant_id": one} for one in subjects]
        await tx.execute(insert(activity_participants), people)


ACTIVITIES = ScopedResource(
    "l2o.activity",
    activities,
    part_of=("l2o.account", "account_id"),
    seen_with=(("l2o.account", "account_id"), ("l2o.opportunity", "opportunity_id")),
)
ACTIVITY = RecordType(
    scoped=ACTIVITIES,
    entity=Activity,
    created=ActivityCreated,
    changed=ActivityChanged,
    deleted=ActivityDeleted,
    restored=ActivityRestored,
    called_by=("subject",),
    columns=(
        _ids(activity_contacts.c.contact_id, "contact_ids"),
        _ids(activity_participants.c.participant_id, "participant_ids"),
    ),
    insert=_insert,
    update=_update,
)


def _is_done(done: bool) -> ColumnElement[bool]:  # noqa: FBT001  # the value of a filter
    done_at = activities.c.next_step_done_at
    return done_at.is_not(None) if done else done_at.is_(None)


def _with_contact(contact_id: UUID) -> ColumnElement[bool]:
    c = activity_contacts.c
    return activities.c.id.in_(select(c.activity_id).where(c.contact_id == contact_id))


def _with_participant(subject: str) -> ColumnElement[bool]:
    c = activity_participants.c
    return activities.c.id.in_(select(c.activity_id).where(c.participant_id == subject))


LISTING = Listing(
    ACTIVITIES,
    ActivityOut,
    entity=Activity,
    filters=[
        "owner_id",
        "account_id",
        "opportunity_id",
        "kind",
        "direction",
        "result",
        "at",
        "next_step_on",
        "next_step_done_at",
        Filter(name="done", kind=bool, where=_is_done),
        Filter(name="contact_id", kind=UUID, where=_with_contact),
        Filter(name="participant_id", kind=str, where=_with_participant),
        "created_at",
        "updated_at",
    ],
    sorts=["created_at", "updated_at", "at", "next_step_on", "next_step_done_at"],
    words=["subject"],
    extra_columns=ACTIVITY.columns,
    custom=custom_conditions,
)


async def last_activity_at(
    tx: AsyncConnection, record: Column[UUID], record_id: UUID
) -> datetime | None:
    """Return when the last touch of an account or opportunity was; None without one.

    `record` is the column with its id.
    """
    c = activities.c
    is_counted = (record == record_id, c.deleted_at.is_(None), c.kind.not_in(NO_TOUCH_KINDS))
    query = select(func.max(activities.c.at)).where(*is_counted)
    last: datetime | None = (await tx.execute(query)).scalar_one()
    return last


async def count_by_day(
    tx: AsyncConnection, visibility: Visibility, period: DayPeriod, *, owner_id: str | None
) -> Sequence[RowMapping]:
    """Count the activities of a period by day, owner and kind.

    They are those that a list shows which names no account or opportunity.
    """
    c = activities.c
    query: Any = counts_by_day(
        c.at,
        period,
        by=(c.owner_id, c.kind),
        where=[c.deleted_at.is_(None), is_visible(ACTIVITIES.by_itself, visibility)],
        sums=[func.coalesce(func.sum(c.duration_minutes), 0).label("minutes")],
    )
    if owner_id is not None:
        query = query.where(c.owner_id == owner_id)
    rows: Sequence[RowMapping] = (await tx.execute(query)).mappings().all()
    return rows
