"""The tables of departments, their moves, and the posts of people in them."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Row,
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
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, any_case
from chassis.records.record_types import RecordType
from chassis.records.writes import insert_row
from chassis.web.pages import ASC, Page, PageParams, fetch_page
from contracts.org.events import (
    DepartmentChanged,
    DepartmentCreated,
    DepartmentDeleted,
    DepartmentRestored,
    Post,
)
from org.database import metadata
from org.departments.domain import Department, DepartmentMove
from org.departments.schemas import DepartmentMoveOut, DepartmentOut

departments = Table(
    "departments",
    metadata,
    *record_columns(Department),
    Index(None, "tenant_id", "code", unique=True),
    Index(None, "tenant_id", "parent_id", "id"),
    Index(None, "tenant_id", "manager_id", "id"),
    Index(None, "tenant_id", "name", "id"),
)

DEPARTMENTS = UnownedResource("org.department", departments)


async def lock_tree(tx: AsyncConnection) -> None:
    """Serialize the tenant's moves until the transaction ends, so that crossing moves are detected.

    Take this lock before any row lock to avoid deadlocks.
    """
    await lock_key(tx, "org.department_tree")


DEPARTMENT = RecordType(
    scoped=DEPARTMENTS,
    entity=Department,
    created=DepartmentCreated,
    changed=DepartmentChanged,
    deleted=DepartmentDeleted,
    restored=DepartmentRestored,
    lock_first=lock_tree,
)
LISTING = Listing(
    DEPARTMENTS,
    DepartmentOut,
    entity=Department,
    filters=[
        "name",
        CodeFilter("code", any_case),
        "parent_id",
        "manager_id",
        "active",
        "created_at",
        "updated_at",
    ],
    sorts=["name", "created_at", "updated_at"],
    words=["name", "code"],
    custom=custom_conditions,
)

# Append-only: the history of moves.
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

# The posts of people; they are read as part of the person.
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

# The columns of other features by which heads and deletions are checked; they import this one.
_people = table("people", column("id", Uuid), column("active", Boolean))
_assigned_hours = table("working_hours_departments", column("department_id", Uuid))


async def add_move(tx: AsyncConnection, move: DepartmentMove) -> None:
    """Insert a move into the history."""
    await insert_row(tx, department_moves, move)


async def last_move(tx: AsyncConnection, department_id: UUID) -> DepartmentMove | None:
    """Return the latest move of a department; None if it was never moved."""
    moves = department_moves
    query: Select[Any] = select(moves).where(moves.c.department_id == department_id)
    row = (await tx.execute(query.order_by(moves.c.id.desc()).limit(1))).one_or_none()
    return None if row is None else from_columns(DepartmentMove, row._mapping)


async def is_in_use(tx: AsyncConnection, department_id: UUID) -> bool:
    """Return whether the department has sub-departments, posts or working hours of its own."""
    children = exists().where(
        departments.c.parent_id == department_id, departments.c.deleted_at.is_(None)
    )
    people = exists().where(department_posts.c.department_id == department_id)
    hours = exists().where(_assigned_hours.c.department_id == department_id)
    return bool((await tx.execute(select(children | people | hours))).scalar_one())


async def holder_of_code(
    tx: AsyncConnection, code: str, *, except_id: UUID
) -> Row[Any, Any] | None:
    """Return name and `deleted_at` of another department with this code; deleted ones keep it."""
    query = select(departments.c.name, departments.c.deleted_at)
    query = query.where(departments.c.code == code, departments.c.id != except_id)
    return (await tx.execute(query)).one_or_none()


async def lock_code(tx: AsyncConnection, code: str) -> None:
    """Serialize the transactions that use one code until they end."""
    await lock_key(tx, "org.department_code", code)


async def department_active_flags(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, bool]:
    """Lock the existing departments among these for share; return whether each is active."""
    query: Select[Any] = (
        select(departments.c.id, departments.c.active)
        .where(departments.c.id.in_(set(ids)), departments.c.deleted_at.is_(None))
        .order_by(departments.c.id)
        .with_for_update(read=True)
    )
    return {row.id: row.active for row in await tx.execute(query)}


async def head_is_active(tx: AsyncConnection, person_id: UUID) -> bool | None:
    """Lock the person for share; return whether they are active, None if they do not exist."""
    query = select(_people.c.active).where(_people.c.id == person_id).with_for_update(read=True)
    active: bool | None = (await tx.execute(query)).scalar_one_or_none()
    return active


async def line_upwards(tx: AsyncConnection, department_id: UUID) -> list[UUID]:
    """Return the ids of the department and of all above it, from the department to the root."""
    line = _lineage(department_id, upwards=True)
    rows = await tx.execute(select(line.c.id, line.c.parent_id))
    parents: dict[UUID, UUID | None] = {row.id: row.parent_id for row in rows}
    found: list[UUID] = []
    above: UUID | None = department_id
    while above is not None and above in parents:
        found.append(above)
        above = parents.pop(above)
    return found


async def self_and_ancestors(tx: AsyncConnection, department_id: UUID) -> set[UUID]:
    """Return the ids of the department and of all above it; UNION ends even in a cycle."""
    ancestors = _lineage(department_id, upwards=True)
    return set((await tx.execute(select(ancestors.c.id))).scalars())


def _lineage(department_id: UUID, *, upwards: bool) -> Any:
    """Build the recursive query of a department with all above it, or with all below it."""
    start = select(departments.c.id, departments.c.parent_id)
    line = start.where(departments.c.id == department_id).cte("line", recursive=True)
    next_step = (
        departments.c.id == line.c.parent_id if upwards else departments.c.parent_id == line.c.id
    )
    return line.union(select(departments.c.id, departments.c.parent_id).where(next_step))


async def replace_posts(tx: AsyncConnection, person_id: UUID, posts: Sequence[Post]) -> None:
    """Replace the posts of a person, whose row the caller has locked."""
    await tx.execute(delete(department_posts).where(department_posts.c.person_id == person_id))
    if posts:
        rows = [{"person_id": person_id, **post.model_dump()} for post in posts]
        await tx.execute(insert(department_posts), rows)


async def list_all(tx: AsyncConnection) -> list[Department]:
    """Return all departments of the tenant, oldest first."""
    present = departments.c.deleted_at.is_(None)
    query: Select[Any] = select(departments).where(present).order_by(departments.c.id)
    rows = await tx.execute(query)
    return [from_columns(Department, row._mapping) for row in rows]


async def read_subtree(
    tx: AsyncConnection, department_id: UUID, page: PageParams
) -> Page[DepartmentOut]:
    """Return a page of the department and all below it, by name."""
    below = _lineage(department_id, upwards=False)
    query: Select[Any] = select(departments).where(
        departments.c.id.in_(select(below.c.id)), departments.c.deleted_at.is_(None)
    )
    list_by_name = [(departments.c.name, ASC)]
    return await fetch_page(tx, query, page, sort=list_by_name, shape=DepartmentOut.model_validate)


async def read_moves(
    tx: AsyncConnection, department_id: UUID, page: PageParams
) -> Page[DepartmentMoveOut]:
    """Return a page of the department's moves, the latest first."""
    query = select(department_moves).where(department_moves.c.department_id == department_id)
    return await fetch_page(tx, query, page, shape=DepartmentMoveOut.model_validate)
