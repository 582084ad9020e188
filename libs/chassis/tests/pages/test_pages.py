"""Keyset pages: complete and without repeats while others write, read from their index."""

import random
from collections.abc import Sequence
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
from libs.chassis.tests.pages.keys import (
    SORTS,
    asked,
    note_id,
    write,
)
from testkit.database import notes


async def walk(tx: AsyncConnection, sort: Sort, *, limit: int = 3) -> list[UUID]:
    seen: list[UUID] = []
    cursor = None
    while True:
        page = await fetch_page(
            tx, select(notes), asked(limit=limit, cursor=cursor), sort=sort, shape=note_id
        )
        assert len(page.items) <= limit
        seen += page.items
        if page.next_cursor is None:
            return seen
        assert len(page.items) == limit
        cursor = page.next_cursor


def in_order(rows: Sequence[Any], sort: Sort) -> list[UUID]:
    """What the database should answer, sorted by Python, the last key first."""
    keys = [*sort]
    if notes.c.id not in [column for column, _ in keys]:
        keys.append((notes.c.id, keys[-1][1] if keys else DESC))
    ordered = list(rows)
    for column, way in reversed(keys):
        ordered = sorted(ordered, key=lambda row: getattr(row, column.name), reverse=way is DESC)
    return [note_id(row._mapping) for row in ordered]


@pytest.mark.parametrize("name", SORTS)
async def test_all_rows_once_and_in_order(tx: AsyncConnection, name: str) -> None:
    # ASCII letters: their order is the same in Python and under every collation used here.
    dice = random.Random(name)
    await write(tx, [(dice.choice("abc"), dice.randrange(3)) for _ in range(60)])
    rows = list((await tx.execute(select(notes))).all())
    for limit in (1, 7, 59, 60, 61):
        assert await walk(tx, SORTS[name], limit=limit) == in_order(rows, SORTS[name])


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "好", ""]), st.integers(0, 3)), max_size=8
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_nothing_twice_or_missed_while_others_write(
    tx: AsyncConnection, data: st.DataObject
) -> None:
    # each example in a savepoint of its own, rolled back at the end
    async with tx.begin_nested() as savepoint:
        sort = SORTS[data.draw(st.sampled_from(sorted(SORTS)))]
        there = await write(tx, data.draw(ROWS.filter(bool)))
        seen: list[UUID] = []
        cursor = None
        while True:
            page = await fetch_page(
                tx, select(notes), asked(limit=2, cursor=cursor), sort=sort, shape=note_id
            )
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
            await write(tx, data.draw(ROWS.map(lambda rows: rows[:2])))
            if data.draw(st.booleans()):  # the row the cursor stands on goes away
                await tx.execute(notes.delete().where(notes.c.id == page.items[-1]))
        assert len(seen) == len(set(seen))
        assert set(there) <= set(seen)
        await savepoint.rollback()


async def test_a_nullable_column_is_no_key(tx: AsyncConnection) -> None:
    table = Table("t", MetaData(), Column("id", Uuid, primary_key=True), Column("due", Date))
    with pytest.raises(AssertionError, match="NOT NULL"):
        await fetch_page(tx, select(table), asked(), sort=[(table.c.due, ASC)], shape=note_id)


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


@pytest.mark.parametrize(("sort", "index", "bound"), INDEXED)
async def test_a_page_is_read_from_its_index(
    tx: AsyncConnection, sort: Sort, index: str, bound: str
) -> None:
    """As the app's role and under the tenant policy: bounded by the index, and never sorted."""
    await write(tx, [(f"w{n % 50:02}", n % 7) for n in range(3000)])
    for command in (
        "CREATE TEMP TABLE sorted_notes ON COMMIT DROP AS SELECT * FROM notes",
        f"CREATE INDEX ON sorted_notes (tenant_id, {index})",
        "ALTER TABLE sorted_notes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own_rows ON sorted_notes USING (tenant_id = (SELECT {CURRENT_TENANT}))",
        "ANALYZE sorted_notes",
    ):
        await tx.execute(text(command))
    query = select(SORTED)
    page = await fetch_page(tx, query, asked(limit=5), sort=sort, shape=note_id)
    order = _with_tie_break(query, sort)
    rest = after_cursor(order, decode_cursor(asked(cursor=page.next_cursor), order))
    query = query.where(rest).order_by(*order_by_clauses(order)).limit(6)
    sql = query.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    plan = "\n".join((await tx.execute(text(f"EXPLAIN {sql}"))).scalars())
    assert bound in next(line for line in plan.splitlines() if "Index Cond" in line), plan
    assert "Sort" not in plan
