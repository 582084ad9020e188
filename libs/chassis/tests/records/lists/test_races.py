"""Property tests of pages of a declared list during concurrent writes, and of its plans."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.lists.batches import list_rows
from chassis.web.pages import PageRequest
from kernel.money import Money
from libs.chassis.tests.records.lists.samples import MORNING, OTHER, SELLER, write_card
from testkit.cards.store import LISTING, Card
from testkit.database import Stage, cards

OWNERS = st.sampled_from([SELLER, OTHER, "stranger", None])
VALUES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["a", "b", "ab", "长"]),
        "stage": st.sampled_from(list(Stage)),
        "owner_id": OWNERS,
        "due_date": st.none() | st.integers(0, 2).map(lambda n: date(2026, 1, 1 + n)),
        "amount": st.none() | st.integers(-1, 1).map(lambda n: Money.of(str(n), "CNY")),
        "at": st.integers(0, 2).map(lambda n: MORNING + timedelta(days=n)),
    }
)
QUERIES = [
    "", "sort=title", "sort=-due_date", "sort=amount", "sort=-amount,title", "sort=due_date,-title",
    "sort=stage,due_date", "sort=-created_at", "amount__gte=0", "stage=DOING", "q=a",
    "due_date__lte=2026-01-02&sort=-title",
]  # fmt: skip
VISIBILITIES = [
    EVERYTHING,
    Visibility(owners=(SELLER,)),
    Visibility(owners=(OTHER, SELLER)),
    Visibility(owners=(OTHER, SELLER), prefer_filter=True),
]


async def page_of(
    tx: AsyncConnection, query: str, visibility: Visibility, cursor: str | None
) -> tuple[list[UUID], str | None]:
    page = PageRequest(limit=2, cursor=cursor, filters="/cards", key=b"k" * 32)
    found = await LISTING.page(tx, page, LISTING.parse_query(query), visibility)
    return [card.id for card in found.items], found.next_cursor


async def all_of(tx: AsyncConnection, query: str, visibility: Visibility) -> list[UUID]:
    batches = [
        b async for b in list_rows(tx, LISTING, LISTING.parse_query(query), visibility, size=100)
    ]
    return [row["id"] for batch in batches for row in batch]


def sees(visibility: Visibility, card: Card) -> bool:
    return visibility.everything or card.owner_id in visibility.owners


async def write_concurrently(
    tx: AsyncConnection, data: st.DataObject, written: Sequence[Card]
) -> set[UUID]:
    """Add, delete and change rows as other callers would; return the ids of these rows."""
    new = [await write_card(tx, **data.draw(VALUES)) for _ in range(data.draw(st.integers(0, 2)))]
    touched = {card.id for card in new}
    for card in data.draw(st.lists(st.sampled_from(list(written)), max_size=2, unique_by=id)):
        touched.add(card.id)
        if data.draw(st.booleans()):
            await tx.execute(delete(cards).where(cards.c.id == card.id))
        else:
            change = {**data.draw(VALUES)}
            change.pop("at")
            mine = cards.c.id == card.id
            amount = change.pop("amount")
            await tx.execute(
                cards.update()
                .where(mine)
                .values(
                    **change,
                    amount=amount and amount.amount,
                    amount_currency=amount and amount.currency,
                )
            )
    return touched


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_concurrent_writes_neither_repeat_nor_hide_other_rows(
    tx: AsyncConnection, data: st.DataObject
) -> None:
    """Rows that no other caller touches appear exactly once and in order."""
    async with tx.begin_nested() as savepoint:
        query, visibility = (
            data.draw(st.sampled_from(QUERIES)),
            data.draw(st.sampled_from(VISIBILITIES)),
        )
        drawn = data.draw(st.lists(VALUES, min_size=1, max_size=9))
        written = [await write_card(tx, **values) for values in drawn]
        expected = await all_of(tx, query, visibility)
        seen: list[UUID] = []
        touched: set[UUID] = set()
        cursor: str | None = None
        while True:
            ids, cursor = await page_of(tx, query, visibility, cursor)
            seen += ids
            if cursor is None:
                break
            touched |= await write_concurrently(tx, data, written)
        untouched = [key for key in seen if key not in touched]
        assert untouched == [key for key in expected if key not in touched]
        await savepoint.rollback()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_every_plan_finds_the_same_rows(tx: AsyncConnection, data: st.DataObject) -> None:
    """A query per owner and a filter on the sort index find the rows that Python selects."""
    async with tx.begin_nested() as savepoint:
        query = data.draw(st.sampled_from(QUERIES))
        written = [
            await write_card(tx, **values) for values in data.draw(st.lists(VALUES, max_size=9))
        ]
        everything = await all_of(tx, query, EVERYTHING)
        mine = {card.id for card in written if card.owner_id in (SELLER, OTHER)}
        for prefer_filter in (True, False):
            visibility = Visibility(owners=(OTHER, SELLER), prefer_filter=prefer_filter)
            assert await all_of(tx, query, visibility) == [key for key in everything if key in mine]
        await savepoint.rollback()
