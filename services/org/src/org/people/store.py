"""The tables of people and their leaves; posts and roles are joined from their own features."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Index,
    Integer,
    Label,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns, to_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, lower_case
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_row, update_row
from contracts.org.events import PersonChanged, PersonCreated, Post
from kernel.errors import NotFound
from kernel.names import comparable_name
from org.clients.store import clients
from org.database import metadata
from org.departments.store import department_posts, replace_posts
from org.people.domain import Leave, Person
from org.people.schemas import FOR_ADMINISTRATORS, PersonOut
from org.principals.store import lock_rights
from org.roles.store import replace_roles, role_holders

people = Table(
    "people",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("subject", Text, nullable=False),
    Column(
        "former_subjects", ARRAY(Text, as_tuple=True), nullable=False, server_default=text("'{}'")
    ),
    Column("name", Text, nullable=False, info={"personal": "name"}),
    Column("email", Text, info={"personal": "email"}),
    Column("phone", Text, info={"personal": "phone"}),
    Column("username", Text, info={"personal": "login"}),
    Column("scopes", ARRAY(Text, as_tuple=True), nullable=False),
    Column("manager_id", Uuid),
    Column("active", Boolean, nullable=False),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "subject", unique=True),
    Index(None, "tenant_id", "manager_id", "id"),
    Index(None, "tenant_id", "name", "id"),
)

person_leaves = Table(
    "person_leaves",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("from_date", Date, nullable=False),
    Column("to_date", Date, nullable=False),
    Column("substitute_id", Uuid),
    Index(None, "tenant_id", "person_id", "from_date"),
)


async def lock_reporting_lines(tx: AsyncConnection) -> None:
    """Serialize the tenant's changes of managers; take this lock before any row lock."""
    await lock_key(tx, "org.reporting_lines")


async def subject_is_taken(tx: AsyncConnection, subject: str, *, except_id: UUID) -> bool:
    """Return whether another person uses, used or has as id this subject, or a client does.

    Serializes the tenant's changes of subjects until the transaction ends.
    """
    await lock_key(tx, "org.subjects")
    used_by_person = or_(
        people.c.subject == subject,
        literal(subject, Text) == any_(people.c.former_subjects),
        cast(people.c.id, Text) == subject,
    )
    person_exists = exists().where(used_by_person, people.c.id != except_id)
    client_exists = exists().where(cast(clients.c.id, Text) == subject)
    return bool((await tx.execute(select(or_(person_exists, client_exists)))).scalar_one())


async def lock_people(tx: AsyncConnection, ids: Collection[UUID]) -> None:
    """Lock these people in the order of their ids, to avoid deadlocks."""
    rows = select(people.c.id).where(people.c.id.in_(set(ids)))
    await tx.execute(rows.order_by(people.c.id).with_for_update())


async def _fetch(tx: AsyncConnection, person_id: UUID, *, lock: bool = False) -> Person:
    if lock:  # in a statement of its own, so that the next one sees the latest commit
        await lock_people(tx, [person_id])
    person = await find(tx, person_id)
    if person is None:
        raise NotFound("person", person_id)
    return person


async def _fetch_all(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Person]:
    rows = await tx.execute(_select_person().where(people.c.id.in_(ids)))
    return [_person(row) for row in rows.mappings()]


async def get_id_by_subject(tx: AsyncConnection, subject: str) -> UUID:
    """Return the id of the person with this subject. Raises NotFound."""
    query = select(people.c.id).where(people.c.subject == subject)
    found_id: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    if found_id is None:
        raise NotFound("person", subject)
    return found_id


async def find(tx: AsyncConnection, person_id: UUID) -> Person | None:
    """Return the person, if they exist."""
    found = await tx.execute(_select_person().where(people.c.id == person_id))
    row = found.mappings().one_or_none()
    return None if row is None else _person(row)


async def list_by_name(tx: AsyncConnection, names: Collection[str]) -> list[Person]:
    """Return the people with these names in any spelling, oldest first."""
    requested = {comparable_name(name) for name in names}
    all_names = await tx.execute(select(people.c.id, people.c.name))
    ids = [row.id for row in all_names if comparable_name(row.name) in requested]
    rows = await tx.execute(_select_person().where(people.c.id.in_(ids)).order_by(people.c.id))
    return [_person(row) for row in rows.mappings()]


async def person_active_flags(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, bool]:
    """Lock the existing people among these for share; return whether each is active."""
    query: Select[Any] = (
        select(people.c.id, people.c.active)
        .where(people.c.id.in_(set(ids)))
        .order_by(people.c.id)
        .with_for_update(read=True)
    )
    return {row.id: row.active for row in await tx.execute(query)}


async def reports_to(tx: AsyncConnection, person_id: UUID, *, superior_id: UUID) -> bool:
    """Return whether the person is the superior or reports to them over any number of levels."""
    start = select(people.c.id, people.c.manager_id).where(people.c.id == person_id)
    line = start.cte("line", recursive=True)
    next_step = select(people.c.id, people.c.manager_id).where(people.c.id == line.c.manager_id)
    line = line.union(next_step)
    found_id = exists(select(line.c.id).where(line.c.id == superior_id))
    return bool((await tx.execute(select(found_id))).scalar_one())


async def _insert(tx: AsyncConnection, person: Person) -> None:
    await insert_row(tx, people, person)
    await replace_posts(tx, person.id, person.posts)
    await replace_roles(tx, person.id, person.role_ids)


async def _update(tx: AsyncConnection, before: Person, person: Person) -> Person:
    saved = await update_row(tx, people, person, before=before)
    if person.posts != before.posts:
        await replace_posts(tx, person.id, person.posts)
    if person.role_ids != before.role_ids:
        await replace_roles(tx, person.id, person.role_ids)
    if person.leaves != before.leaves:
        await _replace_leaves(tx, before, person)
    return saved


async def _replace_leaves(tx: AsyncConnection, before: Person, person: Person) -> None:
    ended = [leave.id for leave in before.leaves if leave not in person.leaves]
    await tx.execute(delete(person_leaves).where(person_leaves.c.id.in_(ended)))
    added = [
        to_columns(person_leaves, leave) for leave in person.leaves if leave not in before.leaves
    ]
    if added:
        await tx.execute(insert(person_leaves), [{"person_id": person.id, **row} for row in added])


def _person(row: Any) -> Person:
    leaves = (Leave(**_leave(item)) for item in row["leaves"])
    posts = (Post.model_validate(item) for item in row["posts"])
    return from_columns(Person, row, leaves=tuple(leaves), posts=tuple(posts))


def _leave(row: dict[str, Any]) -> dict[str, Any]:
    """Parse the columns of a leave from JSON."""
    substitute = row["substitute_id"]
    return {
        "id": UUID(row["id"]),
        "from_date": date.fromisoformat(row["from_date"]),
        "to_date": date.fromisoformat(row["to_date"]),
        "substitute_id": None if substitute is None else UUID(substitute),
    }


def _select_person() -> Select[Any]:
    return select(people, *_derived_columns())


def _derived_columns() -> tuple[Label[Any], ...]:
    """Build the columns of a person's posts (the primary one first), leaves and roles."""
    posts, leaves, holders = department_posts.c, person_leaves.c, role_holders.c
    return (
        _json_rows(department_posts, ("department_id", "title", "primary"),
                (posts.primary.desc(), posts.department_id)).label("posts"),
        _json_rows(person_leaves, ("id", "from_date", "to_date", "substitute_id"),
                (leaves.from_date,)).label("leaves"),
        func.array(
            select(holders.role_id)
            .where(holders.person_id == people.c.id)
            .order_by(holders.role_id)
            .correlate(people)
            .scalar_subquery(),
            type_=ARRAY(Uuid, as_tuple=True),
        ).label("role_ids"),
    )  # fmt: skip


def _json_rows(table: Table, names: Iterable[str], order: Iterable[Any]) -> Any:
    """Build a JSON list of the person's rows in a table."""
    pairs = [part for name in names for part in (text(f"'{name}'"), table.c[name])]
    rows = func.jsonb_agg(aggregate_order_by(func.jsonb_build_object(*pairs), *order))
    query = select(func.coalesce(rows, text("'[]'::jsonb"), type_=JSONB))
    return query.where(table.c.person_id == people.c.id).correlate(people).scalar_subquery()


def _id_in(ids: Column[Any], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return people.c.id.in_(select(ids).where(condition))


def _in_department(department_id: UUID) -> ColumnElement[bool]:
    return _id_in(department_posts.c.person_id, department_posts.c.department_id == department_id)


def _with_role(role_id: UUID) -> ColumnElement[bool]:
    return _id_in(role_holders.c.person_id, role_holders.c.role_id == role_id)


async def _lock_first(tx: AsyncConnection) -> None:
    await lock_rights(tx)
    await lock_reporting_lines(tx)


PERSON = RecordType(
    scoped=UnownedResource("org.person", people),
    entity=Person,
    created=PersonCreated,
    changed=PersonChanged,
    lock_first=_lock_first,
    fetch=_fetch,
    fetch_all=_fetch_all,
    insert=_insert,
    update=_update,
)
LISTING = Listing(
    PERSON.scoped,
    PersonOut,
    filters=[
        "name", "email", "phone", CodeFilter("username", lower_case), "subject", "manager_id",
        "active", "created_at", "updated_at",
        Filter(name="department_id", kind=UUID, where=_in_department),
        Filter(name="role_id", kind=UUID, where=_with_role),
    ],
    sorts=["name", "created_at", "updated_at"],
    words=["name"],
    contact_points=["phone", "email"],
    custom=custom_conditions,
    extra_columns=_derived_columns(),
    restricted=FOR_ADMINISTRATORS,
)  # fmt: skip
