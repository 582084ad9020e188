"""People and their leaves; posts and roles are kept by departments and roles, and read here."""

from collections.abc import Collection, Iterable
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

from chassis.database.backbone_tables import instant
from chassis.database.columns import CURRENT_TENANT, tenant_column
from chassis.database.rows import from_columns, to_columns
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.writes import insert_row, update_row
from contracts.org.events import Post
from kernel.errors import NotFound
from org.clients.store import clients
from org.database import metadata
from org.departments.store import department_posts
from org.people.domain import Leave, Person
from org.people.schemas import PersonOut
from org.roles.store import role_holders

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

PERSON = "org.person"
_LINE_LOCK = text(
    f"SELECT pg_advisory_xact_lock(hashtextextended('managers:' || {CURRENT_TENANT}, 7))"
)
_SUBJECT_LOCK = text(
    f"SELECT pg_advisory_xact_lock(hashtextextended('subjects:' || {CURRENT_TENANT}, 7))"
)


async def lock_lines(tx: AsyncConnection) -> None:
    """Let the tenant's changes of managers go one after the other; before any row is locked."""
    await tx.execute(_LINE_LOCK)


async def has_subject(tx: AsyncConnection, subject: str, *, but: UUID) -> bool:
    """Whether it is, was or could be another person's, or a client's.

    Who wants one for himself waits here for the others.
    """
    await tx.execute(_SUBJECT_LOCK)
    known = or_(
        people.c.subject == subject,
        literal(subject, Text) == any_(people.c.former_subjects),
        cast(people.c.id, Text) == subject,
    )
    person = exists().where(known, people.c.id != but)
    machine = exists().where(cast(clients.c.id, Text) == subject)
    return bool((await tx.execute(select(or_(person, machine)))).scalar_one())


async def lock(tx: AsyncConnection, ids: Collection[UUID]) -> None:
    """Lock these people, in the order of their ids so that nobody waits in a ring."""
    rows = select(people.c.id).where(people.c.id.in_(set(ids))).order_by(people.c.id)
    await tx.execute(rows.with_for_update())


async def get(tx: AsyncConnection, person_id: UUID, *, lock_row: bool = False) -> Person:
    """Raises NotFound."""
    if lock_row:  # first, in a statement of its own: the next one sees what came before
        await lock(tx, [person_id])
    row = (await tx.execute(_whole().where(people.c.id == person_id))).mappings().one_or_none()
    if row is None:
        raise NotFound("person", person_id)
    return _person(row)


async def by_subject(tx: AsyncConnection, subject: str) -> UUID:
    """The id of the person whose tokens say this `sub`. Raises NotFound."""
    query = select(people.c.id).where(people.c.subject == subject)
    found: UUID | None = (await tx.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("person", subject)
    return found


async def find(tx: AsyncConnection, person_id: UUID) -> Person | None:
    """The person, if anybody knows them."""
    row = (await tx.execute(_whole().where(people.c.id == person_id))).mappings().one_or_none()
    return None if row is None else _person(row)


async def by_name(tx: AsyncConnection, names: Collection[str]) -> list[Person]:
    """The people of these names, oldest first."""
    rows = await tx.execute(_whole().where(people.c.name.in_(set(names))).order_by(people.c.id))
    return [_person(row) for row in rows.mappings()]


async def activity_of(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, bool]:
    """Which of these people there are and whether each is active; it stays so meanwhile."""
    query: Select[Any] = (
        select(people.c.id, people.c.active)
        .where(people.c.id.in_(set(ids)))
        .order_by(people.c.id)
        .with_for_update(read=True)
    )
    return {row.id: row.active for row in await tx.execute(query)}


async def is_below(tx: AsyncConnection, person_id: UUID, *, above: UUID) -> bool:
    """Whether the person's line of managers goes through `above`, or begins there."""
    start = select(people.c.id, people.c.manager_id).where(people.c.id == person_id)
    line = start.cte("line", recursive=True)
    up = select(people.c.id, people.c.manager_id).where(people.c.id == line.c.manager_id)
    line = line.union(up)
    found = exists(select(line.c.id).where(line.c.id == above))
    return bool((await tx.execute(select(found))).scalar_one())


async def add(tx: AsyncConnection, person: Person) -> None:
    await insert_row(tx, people, person)


async def save(tx: AsyncConnection, person: Person) -> Person:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, people, person)


async def add_leave(tx: AsyncConnection, person_id: UUID, leave: Leave) -> None:
    row = {"person_id": person_id, **to_columns(person_leaves, leave)}
    await tx.execute(insert(person_leaves).values(row))


async def remove_leave(tx: AsyncConnection, leave_id: UUID) -> None:
    await tx.execute(delete(person_leaves).where(person_leaves.c.id == leave_id))


def _person(row: Any) -> Person:
    leaves = (Leave(**_leave(one)) for one in row["leaves"])
    posts = (Post.model_validate(one) for one in row["posts"])
    return from_columns(Person, row, leaves=tuple(leaves), posts=tuple(posts))


def _leave(row: dict[str, Any]) -> dict[str, Any]:
    """A leave's columns out of JSON."""
    substitute = row["substitute_id"]
    return {
        "id": UUID(row["id"]),
        "from_date": date.fromisoformat(row["from_date"]),
        "to_date": date.fromisoformat(row["to_date"]),
        "substitute_id": None if substitute is None else UUID(substitute),
    }


def _whole() -> Select[Any]:
    return select(people, *_parts())


def _parts() -> tuple[Label[Any], ...]:
    """A person's posts, the primary one first, leaves and roles."""
    posts, leaves, held = department_posts.c, person_leaves.c, role_holders.c
    return (
        _listed(department_posts, ("department_id", "title", "primary"),
                (posts.primary.desc(), posts.department_id)).label("posts"),
        _listed(person_leaves, ("id", "from_date", "to_date", "substitute_id"),
                (leaves.from_date,)).label("leaves"),
        func.array(
            select(held.role_id)
            .where(held.person_id == people.c.id)
            .order_by(held.role_id)
            .correlate(people)
            .scalar_subquery(),
            type_=ARRAY(Uuid, as_tuple=True),
        ).label("role_ids"),
    )  # fmt: skip


def _listed(table: Table, names: Iterable[str], order: Iterable[Any]) -> Any:
    """The person's rows of a table as one JSON list."""
    pairs = [part for name in names for part in (text(f"'{name}'"), table.c[name])]
    rows = func.jsonb_agg(aggregate_order_by(func.jsonb_build_object(*pairs), *order))
    query = select(func.coalesce(rows, text("'[]'::jsonb"), type_=JSONB))
    return query.where(table.c.person_id == people.c.id).correlate(people).scalar_subquery()


def _among(ids: Column[Any], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return people.c.id.in_(select(ids).where(condition))


def _in_department(department_id: UUID) -> ColumnElement[bool]:
    held = department_posts.c
    return _among(held.person_id, held.department_id == department_id)


def _with_role(role_id: UUID) -> ColumnElement[bool]:
    held = role_holders.c
    return _among(held.person_id, held.role_id == role_id)


LISTING = Listing(
    people,
    PersonOut,
    resource=PERSON,
    filters=[
        "name",
        "email",
        "phone",
        "username",
        "subject",
        "manager_id",
        "active",
        "created_at",
        "updated_at",
        Filter(name="department_id", kind=UUID, where=_in_department),
        Filter(name="role_id", kind=UUID, where=_with_role),
    ],
    sorts=["name", "created_at", "updated_at"],
    words=["name", "email", "phone", "username"],
    custom=custom_conditions,
    more=_parts(),
)
