"""Tests of keyset pages: complete, without repeats while others write, read by an index."""

import random
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Date,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT, tenant_column
from chassis.database.connections import open_connection
from chassis.web.pages import (
    ASC,
    DESC,
    Sort,
    _with_tie_break,
    after_cursor,
    decode_cursor,
    fetch_page,
    order_by_clauses,
)
from libs.chassis.tests.web.pages.page_samples import (
    SORTS,
    note_id,
    page_request,
    write_notes,
)
from testkit.database import notes
from testkit.databases import ServiceDatabase


async def fetch_all(tx: AsyncConnection, sort: Sort, *, limit: int = 3) -> list[UUID]:
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await fetch_page(
            tx, select(notes), page_request(limit=limit, cursor=cursor), sort=sort, shape=note_id
        )
        assert len(page.items) <= limit
        seen += page.items
        if page.next_cursor is None:
            return seen
        assert len(page.items) == limit
        cursor = page.next_cursor


def sorted_by_python(rows: Sequence[Any], sort: Sort) -> list[UUID]:
    """The ids in the expected order, sorted by Python from the last key to the first."""
    keys = [*sort]
    if notes.c.id not in [column for column, _ in keys]:
        keys.append((notes.c.id, keys[-1][1] if keys else DESC))
    ordered = list(rows)
    for column, direction in reversed(keys):
        ordered = sorted(
            ordered, key=lambda row: getattr(row, column.name), reverse=direction is DESC
        )
    return [note_id(row._mapping) for row in ordered]


@pytest.mark.parametrize("name", SORTS)
async def test_every_row_appears_once_and_in_order(tx: AsyncConnection, name: str) -> None:
    # ASCII letters: their order is the same in Python and under every collation used here.
    rng = random.Random(name)
    await write_notes(tx, [(rng.choice("abc"), rng.randrange(3)) for _ in range(60)])
    rows = list((await tx.execute(select(notes))).all())
    for limit in (1, 7, 59, 60, 61):
        assert await fetch_all(tx, SORTS[name], limit=limit) == sorted_by_python(rows, SORTS[name])


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "好", ""]), st.integers(0, 3)), max_size=8
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_concurrent_writes_neither_repeat_nor_hide_rows(
    tx: AsyncConnection, data: st.DataObject
) -> None:
    # each example in a savepoint of its own, rolled back at the end
    async with tx.begin_nested() as savepoint:
        sort = SORTS[data.draw(st.sampled_from(sorted(SORTS)))]
        written = await write_notes(tx, data.draw(ROWS.filter(bool)))
        seen: list[UUID] = []
        cursor = None
        while True:
            page = await fetch_page(
                tx, select(notes), page_request(limit=2, cursor=cursor), sort=sort, shape=note_id
            )
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
            await write_notes(tx, data.draw(ROWS.map(lambda rows: rows[:2])))
            if data.draw(st.booleans()):  # delete the row that the cursor points to
                await tx.execute(notes.delete().where(notes.c.id == page.items[-1]))
        assert len(seen) == len(set(seen))
        assert set(written) <= set(seen)
        await savepoint.rollback()


async def test_sorting_by_a_nullable_column_is_refused(tx: AsyncConnection) -> None:
    table = Table("t", MetaData(), Column("id", Uuid, primary_key=True), Column("due", Date))
    with pytest.raises(AssertionError, match="NOT NULL"):
        await fetch_page(
            tx, select(table), page_request(), sort=[(table.c.due, ASC)], shape=note_id
        )


SORTED = Table(
    "sorted_notes",
    MetaData(),
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
INDEXED: list[tuple[Sort, str, str]] = [
    ([], "id DESC", "id <"),
    ([(SORTED.c.text, ASC)], "text, id", "ROW(text, id) >"),
    ([(SORTED.c.version, DESC), (SORTED.c.text, ASC)], "version DESC, text, id", "version <="),
]


@pytest.fixture
async def may_create(service_database: ServiceDatabase) -> AsyncIterator[None]:
    """The app's role may create temporary tables; elsewhere it may not."""
    name, role = service_database.name, f"{service_database.service}_app"
    async with open_connection(service_database.owner_url, name="test") as owner:
        await owner.execute(f"GRANT TEMPORARY ON DATABASE {name} TO {role}")
        yield
        await owner.execute(f"REVOKE TEMPORARY ON DATABASE {name} FROM {role}")


@pytest.mark.parametrize(("sort", "index", "bound"), INDEXED)
async def test_a_page_is_read_from_its_index(
    may_create: None, tx: AsyncConnection, sort: Sort, index: str, bound: str
) -> None:
    """The plan as the app's role, under the tenant policy, uses the index and does not sort."""
    await write_notes(tx, [(f"w{n % 50:02}", n % 7) for n in range(3000)])
    for command in (
        "CREATE TEMP TABLE sorted_notes ON COMMIT DROP AS SELECT * FROM notes",
        f"CREATE INDEX ON sorted_notes (tenant_id, {index})",
        "ALTER TABLE sorted_notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own_rows ON sorted_notes USING (tenant_id = (SELECT {CURRENT_TENANT}))",
        "ANALYZE sorted_notes",
    ):
        await tx.execute(text(command))
    query = select(SORTED)
    page = await fetch_page(tx, query, page_request(limit=5), sort=sort, shape=note_id)
    order = _with_tie_break(query, sort)
    following = after_cursor(order, decode_cursor(page_request(cursor=page.next_cursor), order))
    query = query.where(following).order_by(*order_by_clauses(order)).limit(6)
    sql = query.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    plan = "\n".join((await tx.execute(text(f"EXPLAIN {sql}"))).scalars())
    assert bound in next(line for line in plan.splitlines() if "Index Cond" in line), plan
    assert "Sort" not in plan
