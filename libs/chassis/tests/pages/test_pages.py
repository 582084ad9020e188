"""Keyset pages: complete and without repeats while others write, and cursors only of our making."""

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import Depends, Query
from httpx import AsyncClient as Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.app import create_app
from chassis.db import CURRENT_TENANT, enum_column, tenant_column
from chassis.pages import (
    ASC,
    DESC,
    Page,
    PageParams,
    PageRequest,
    Sort,
    _beyond,
    _opened,
    _order_by,
    _sealed,
    _with_tie_break,
    fetch_page,
    only_known_parameters,
)
from chassis.routing import new_router
from chassis.settings import Settings
from chassis.transaction import Tx, transaction
from kernel.errors import Invalid
from kernel.ids import new_id
from testkit import tokens
from testkit.database import notes
from testkit.notes import NoteOut

KEY = b"k" * 32
NEWEST: Sort = ()
BY_TEXT: Sort = [(notes.c.text, ASC)]
MIXED: Sort = [(notes.c.version, DESC), (notes.c.text, ASC)]
DEEP: Sort = [(notes.c.text, DESC), (notes.c.version, ASC), (notes.c.id, DESC)]
SORTS = {"newest": NEWEST, "text": BY_TEXT, "mixed": MIXED, "deep": DEEP}


def asked(*, limit: int = 3, cursor: str | None = None, filters: str = "/notes") -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor, filters=filters, key=KEY)


def note_id(row: Mapping[str, Any]) -> UUID:
    key: UUID = row["id"]
    return key


async def write(tx: AsyncConnection, rows: list[tuple[str, int]]) -> list[UUID]:
    ids = [new_id() for _ in rows]
    values = zip(ids, rows, strict=True)
    if rows:
        await tx.execute(
            insert(notes), [{"id": i, "text": w, "version": v} for i, (w, v) in values]
        )
    return ids


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


async def test_every_changed_letter_of_a_cursor_is_refused(tx: AsyncConnection) -> None:
    await write(tx, [("a", 1), ("b", 2), ("c", 3)])
    page = await fetch_page(tx, select(notes), asked(limit=1), sort=MIXED, shape=note_id)
    cursor = page.next_cursor
    assert cursor is not None
    again = await fetch_page(
        tx, select(notes), asked(limit=1, cursor=cursor), sort=MIXED, shape=note_id
    )
    assert len(again.items) == 1
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= é\n"
    changed = {
        cursor[:place] + letter + cursor[place + 1 :]
        for place in range(len(cursor))
        for letter in letters
    } - {cursor}
    changed |= {cursor[:-1], cursor + "A", cursor + "=", "=" + cursor, "", "A", "====", "\ud800"}
    order = [*MIXED, (notes.c.id, ASC)]
    for other in changed:
        with pytest.raises(Invalid) as refused:
            _opened(asked(cursor=other), order)
        (violation,) = refused.value.violations
        assert (violation.pointer, violation.code) == ("?cursor", "CURSOR_INVALID")


async def test_a_cursor_of_another_list_filter_sort_or_key_is_refused(tx: AsyncConnection) -> None:
    await write(tx, [("a", 1), ("b", 2), ("c", 3)])
    page = await fetch_page(tx, select(notes), asked(limit=1), sort=MIXED, shape=note_id)
    good = asked(limit=1, cursor=page.next_cursor)
    foreign = [
        (replace(good, filters="/other"), MIXED),
        (replace(good, key=b"other"), MIXED),
        (good, BY_TEXT),
        (good, [(notes.c.version, ASC), (notes.c.text, ASC)]),
        (good, NEWEST),
    ]
    await fetch_page(tx, select(notes), good, sort=MIXED, shape=note_id)
    for asked_for, sort in foreign:
        with pytest.raises(Invalid):
            await fetch_page(tx, select(notes), asked_for, sort=sort, shape=note_id)


class Grade(Enum):
    LOW = "LOW"
    HIGH = "HIGH"


VALUES = [
    (Text(), "好'\"\0\n"),
    (Integer(), -3),
    (BigInteger(), 2**62),
    (Boolean(), True),
    (Double(), 0.1 + 0.2),
    (Double(), 5.0),
    (Uuid(), new_id()),
    (Date(), date(2026, 2, 28)),
    (DateTime(timezone=True), datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)),
    (enum_column(Grade), Grade.HIGH),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_comes_back_from_a_cursor_as_it_went(kind: Any, value: Any) -> None:
    column: Column[Any] = Column("x", kind, nullable=False)
    Table("t", MetaData(), column)
    order = [(column, DESC)]
    cursor = _sealed(asked(), order, [value])
    (back,) = _opened(asked(cursor=cursor), order)
    assert (back, type(back)) == (value, type(value))


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
    beyond = _beyond(order, _opened(asked(cursor=page.next_cursor), order))
    query = query.where(beyond).order_by(*_order_by(order)).limit(6)
    sql = query.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    plan = "\n".join((await tx.execute(text(f"EXPLAIN {sql}"))).scalars())
    assert bound in next(line for line in plan.splitlines() if "Index Cond" in line), plan
    assert "Sort" not in plan


class Filters(BaseModel):
    text: str | None = None


router = new_router("/pages", tag="pages")


@router.get("")
async def page_list(
    tx: Tx, page: PageParams, version: Annotated[int | None, Query(ge=1)] = None
) -> Page[NoteOut]:
    query = select(notes)
    if version is not None:
        query = query.where(notes.c.version == version)
    return await fetch_page(tx, query, page, shape=lambda row: NoteOut(**row))


@router.get("/by-model", dependencies=[Depends(only_known_parameters)])
async def page_by_model(tx: Tx, filters: Annotated[Filters, Query()]) -> Filters:
    return filters


@pytest.fixture
async def http(tx: AsyncConnection, tenant: UUID, environment: None) -> AsyncIterator[Client]:
    app = create_app(
        Settings.of("testkit"), title="Pages", description="", routers=[router], texts={}
    )
    app.state.verifier = tokens.verifier()
    app.dependency_overrides[transaction] = lambda: tx
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://test/testkit/v1",
        headers=tokens.bearer(tenant),
    ) as client:
        yield client
    await app.state.database.dispose()


async def test_a_list_over_http(http: Client, tx: AsyncConnection) -> None:
    there = await write(tx, [("a", 1 + n % 2) for n in range(9)])
    first = (await http.get("/pages", params={"limit": 4, "version": 1})).json()
    assert [set(item) for item in first["items"]] == [{"id", "text", "version"}] * 4
    more = {
        "limit": 200,
        "version": 1,
        "cursor": first["next_cursor"],
    }  # another limit: the same list
    second = (await http.get("/pages", params=more)).json()
    assert second["next_cursor"] is None
    listed = [item["id"] for item in first["items"] + second["items"]]
    assert listed == [str(i) for i in reversed(there[::2])]
    other = await http.get("/pages", params={"limit": 4, "cursor": first["next_cursor"]})
    assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "CURSOR_INVALID")
    assert (await http.get("/pages")).json()["next_cursor"] is None


async def test_the_limit_is_clamped_down(http: Client, tx: AsyncConnection) -> None:
    await write(tx, [("a", 1)] * 201)
    for limit in ("201", "999999999999999999999999"):
        assert len((await http.get("/pages", params={"limit": limit})).json()["items"]) == 200
    assert len((await http.get("/pages")).json()["items"]) == 50


async def test_all_bad_parameters_at_once(http: Client) -> None:
    answer = await http.get("/pages?limit=0&version=x&colour=red&colour=blue&Limit=3")
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("?limit", "TOO_SMALL"),
        ("?version", "TYPE_INVALID"),
        ("?colour", "UNKNOWN_FIELD"),
        ("?Limit", "UNKNOWN_FIELD"),
    }
    model = await http.get("/pages/by-model?text=a&txet=b")
    assert [e["pointer"] for e in model.json()["errors"]] == ["?txet"]
    assert (await http.get("/pages/by-model?text=a")).json() == {"text": "a"}
    for limit in ("-1", "abc", "1.5", "", "1e3"):
        assert (await http.get("/pages", params={"limit": limit})).status_code == 422
