"""Departments, their moves, and the posts people hold in them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    column,
    delete,
    exists,
    insert,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import instant
from chassis.database.columns import CURRENT_TENANT, tenant_column
from chassis.database.rows import fetch_row, from_columns
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.external_ids.actions import forget_external_ids
from chassis.records.lists.listing import Listing
from chassis.records.search.words import forget_words
from chassis.records.writes import insert_row, update_row
from chassis.web.pages import ASC, Page, PageParams, fetch_page
from contracts.org.events import Post
from org.database import metadata
from org.departments.domain import Department, Move
from org.departments.schemas import DepartmentOut, MoveOut

departments = Table(
    "departments",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("code", Text),
    Column("parent_id", Uuid),
    Column("manager_id", Uuid),
    Column("active", Boolean, nullable=False),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    instant("created_at"),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "code", unique=True),
    Index(None, "tenant_id", "parent_id", "id"),
    Index(None, "tenant_id", "manager_id", "id"),
    Index(None, "tenant_id", "name", "id"),
)

DEPARTMENT = "org.department"
LISTING = Listing(
    departments,
    DepartmentOut,
    resource=DEPARTMENT,
    entity=Department,
    filters=["name", "code", "parent_id", "manager_id", "active", "created_at", "updated_at"],
    sorts=["name", "created_at", "updated_at"],
    words=["name", "code"],
    custom=custom_conditions,
)

# Append-only: where a department stood, and who moved it.
department_moves = Table(
    "department_moves",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("department_id", Uuid, nullable=False),
    Column("from_parent_id", Uuid),
    Column("to_parent_id", Uuid),
    Column("reason", Text),
    Column("moved_by", Text, nullable=False),
    instant("moved_at"),
    Index(None, "tenant_id", "department_id", "id"),
)

# Who holds which post where; a person's row says so too when it is read.
department_posts = Table(
    "department_posts",
    metadata,
    tenant_column(),
    Column("person_id", Uuid, primary_key=True),
    Column("department_id", Uuid, primary_key=True),
    Column("title", Text),
    Column("primary", Boolean, nullable=False),
    Index(None, "tenant_id", "department_id", "person_id"),
)

# Of `people`, only what a head is checked against: that feature stands on this one.
_people = table("people", column("id", Uuid), column("active", Boolean))

_TREE_LOCK = text(f"SELECT pg_advisory_xact_lock(hashtextextended('tree:' || {CURRENT_TENANT}, 7))")
_CODE_LOCK = text(
    f"SELECT pg_advisory_xact_lock(hashtextextended(CAST(:code AS text) || {CURRENT_TENANT}, 7))"
)


async def lock_tree(tx: AsyncConnection) -> None:
    """Let the tenant's moves go one after the other: of two that cross the second sees the first.

    Taken before any row, so that whoever waits here holds nothing.
    """
    await tx.execute(_TREE_LOCK)


async def get(tx: AsyncConnection, department_id: UUID, *, lock: bool = False) -> Department:
    """Raises NotFound."""
    return await fetch_row(tx, departments, department_id, Department, lock=lock)


async def add(tx: AsyncConnection, department: Department) -> None:
    await insert_row(tx, departments, department)


async def save(tx: AsyncConnection, department: Department) -> Department:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, departments, department)


async def remove(tx: AsyncConnection, department_id: UUID) -> None:
    """Gone for good, with its words and what other systems call it."""
    await tx.execute(delete(departments).where(departments.c.id == department_id))
    await forget_words(tx, DEPARTMENT, [department_id])
    await forget_external_ids(tx, DEPARTMENT, department_id)


async def add_move(tx: AsyncConnection, move: Move) -> None:
    await insert_row(tx, department_moves, move)


async def is_in_use(tx: AsyncConnection, department_id: UUID) -> bool:
    """Whether a department stands below it, or somebody has a post in it."""
    children = exists().where(departments.c.parent_id == department_id)
    people = exists().where(department_posts.c.department_id == department_id)
    return bool((await tx.execute(select(children | people))).scalar_one())


async def has_code(tx: AsyncConnection, code: str, *, but: UUID) -> bool:
    """Whether another department has this code."""
    others = (departments.c.code == code) & (departments.c.id != but)
    return bool((await tx.execute(select(exists().where(others)))).scalar_one())


async def lock_code(tx: AsyncConnection, code: str) -> None:
    """Let those who want one code come one after the other."""
    await tx.execute(_CODE_LOCK, {"code": f"code:{code}:"})


async def activity_of(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, bool]:
    """Which of these departments there are and whether each is active; none goes away meanwhile."""
    query: Select[Any] = (
        select(departments.c.id, departments.c.active)
        .where(departments.c.id.in_(set(ids)))
        .order_by(departments.c.id)
        .with_for_update(read=True)
    )
    return {row.id: row.active for row in await tx.execute(query)}


async def activity_of_head(tx: AsyncConnection, person_id: UUID) -> bool | None:
    """Whether the person is active; None when nobody knows them."""
    found = select(_people.c.active).where(_people.c.id == person_id).with_for_update(read=True)
    active: bool | None = (await tx.execute(found)).scalar_one_or_none()
    return active


async def with_all_above(tx: AsyncConnection, department_id: UUID) -> set[UUID]:
    """The department and all above it; UNION ends even where the tree were none."""
    above = _line(department_id, upwards=True)
    return set((await tx.execute(select(above.c.id))).scalars())


def _line(department_id: UUID, *, upwards: bool) -> Any:
    """The department with all above it, or with all below it, as a recursive query."""
    start = select(departments.c.id, departments.c.parent_id)
    line = start.where(departments.c.id == department_id).cte("line", recursive=True)
    joined = (
        departments.c.id == line.c.parent_id if upwards else departments.c.parent_id == line.c.id
    )
    return line.union(select(departments.c.id, departments.c.parent_id).where(joined))


async def set_posts(tx: AsyncConnection, person_id: UUID, posts: Sequence[Post]) -> None:
    """Give the person these posts and no other; the person's row is locked."""
    await tx.execute(delete(department_posts).where(department_posts.c.person_id == person_id))
    if posts:
        rows = [{"person_id": person_id, **post.model_dump()} for post in posts]
        await tx.execute(insert(department_posts), rows)


async def named(tx: AsyncConnection) -> list[Department]:
    """All departments of the tenant, oldest first."""
    query: Select[Any] = select(departments).order_by(departments.c.id)
    rows = await tx.execute(query)
    return [from_columns(Department, row._mapping) for row in rows]


async def read_subtree(
    tx: AsyncConnection, department_id: UUID, page: PageParams
) -> Page[DepartmentOut]:
    """A page of the department and all below it, by name."""
    below = _line(department_id, upwards=False)
    query: Select[Any] = select(departments).where(departments.c.id.in_(select(below.c.id)))
    by_name = [(departments.c.name, ASC)]
    return await fetch_page(tx, query, page, sort=by_name, shape=DepartmentOut.model_validate)


async def read_moves(tx: AsyncConnection, department_id: UUID, page: PageParams) -> Page[MoveOut]:
    """A page of where the department stood, the latest move first."""
    query = select(department_moves).where(department_moves.c.department_id == department_id)
    return await fetch_page(tx, query, page, shape=MoveOut.model_validate)
