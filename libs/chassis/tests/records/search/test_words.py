"""Tests of the search for words inside names, and of its index after writes."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING
from chassis.records.lists.batches import list_batch
from chassis.records.search import words
from chassis.records.search.spelling import bigrams_of, normalize, search_text_of
from chassis.records.search.tables import search_grams, search_texts
from chassis.records.search.words import delete_words, index_words
from libs.chassis.tests.records.lists.samples import titles, write_card
from testkit.cards.store import CARD, LISTING, Card
from testkit.database import cards
from testkit.plugin import Committed

NAMES = ["长沙银行", "長沙市商業銀行", "华为技术有限公司", "GTX Pro", "Acme (Shanghai) Ltd"]
QUERIES = [
    ("长沙", "长沙银行|長沙市商業銀行"),
    ("長沙", "长沙银行|長沙市商業銀行"),
    ("银行", "长沙银行|長沙市商業銀行"),
    ("长沙银行", "长沙银行"),
    ("长沙 银行", "长沙银行|長沙市商業銀行"),
    ("长", "长沙银行|長沙市商業銀行"),
    ("司", "华为技术有限公司"),
    ("行", "长沙银行|長沙市商業銀行"),
    ("csyh", "长沙银行"),
    ("CSS", "長沙市商業銀行"),
    ("hwjs", "华为技术有限公司"),
    ("gtxpro", "GTX Pro"),
    ("pro GTX", "GTX Pro"),
    ("ｇｔｘ", "GTX Pro"),
    ("xpr", "GTX Pro"),
    ("(shanghai)", "Acme (Shanghai) Ltd"),
    ("ltd acme", "Acme (Shanghai) Ltd"),
    ("acme 长沙", ""),
    ("沙长", ""),
    ("%", ""),
    ("___", ""),
    ("'; --", ""),
    ("z", ""),
]


@pytest.mark.parametrize(("query", "expected"), QUERIES)
@pytest.mark.parametrize("rare", [words.RARE_GRAM_ROWS, 0])
async def test_search_finds_the_expected_names(
    client: Client,
    tx: AsyncConnection,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    expected: str,
    rare: int,
) -> None:
    """The result is the same whether the rarest gram is rare or all are common."""
    monkeypatch.setattr(words, "RARE_GRAM_ROWS", rare)
    for name in NAMES:
        await write_card(tx, name)
    answer = await client.get("/cards", params={"q": query, "sort": "created_at"})
    assert "|".join(sorted(item["title"] for item in answer.json()["items"])) == "|".join(
        sorted(filter(None, expected.split("|")))
    )


async def indexed_words(tx: AsyncConnection, card_id: UUID) -> tuple[str | None, set[str]]:
    text = select(search_texts.c.text).where(search_texts.c.id == card_id)
    grams = select(search_grams.c.gram).where(search_grams.c.id == card_id)
    return (await tx.execute(text)).scalar(), set((await tx.execute(grams)).scalars())


async def test_a_renamed_row_is_found_only_by_its_new_name(
    client: Client, tx: AsyncConnection
) -> None:
    card = await write_card(tx, "长沙银行")
    await CARD.save(tx, card, replace(card, title="武汉银行"))
    assert await titles(client, "q=长沙") == await titles(client, "q=csyh") == ""
    assert await titles(client, "q=银行") == await titles(client, "q=whyh") == "武汉银行"
    text, grams = await indexed_words(tx, card.id)
    assert text == "武汉银行\nwhyh"
    assert grams == bigrams_of(text)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(alphabet="ab长沙cＡ (-", max_size=8), min_size=1, max_size=4))
async def test_the_index_holds_the_grams_of_the_last_name(
    tx: AsyncConnection, names: list[str]
) -> None:
    async with tx.begin_nested() as savepoint:
        card = await write_card(tx, names[0])
        for name in names[1:]:
            card = await CARD.save(tx, card, replace(card, title=name))
        text, grams = await indexed_words(tx, card.id)
        assert (text or "") == search_text_of([names[-1]])
        assert grams == bigrams_of(text or "")
        await savepoint.rollback()


async def test_rows_are_indexed_in_bulk_and_deleted(client: Client, tx: AsyncConnection) -> None:
    written = [await write_card(tx, "x") for _ in range(3)]
    rows = [{"id": card.id, "title": f"公司{n}号"} for n, card in enumerate(written)]
    await index_words(tx, cards, rows)
    await index_words(tx, cards, rows)  # the same again changes nothing
    assert len(await titles(client, "q=公司")) == 3
    await delete_words(tx, "testkit.card", [card.id for card in written[1:]])
    assert await titles(client, "q=公司") == "x"
    count = select(func.count()).select_from(search_grams)
    remaining = bigrams_of(search_text_of(["公司0号"]))
    assert (await tx.execute(count)).scalar_one() == len(remaining)


async def test_concurrent_writers_leave_the_words_of_the_last(
    committed: Committed, tenant: UUID
) -> None:
    """The row is found by the name that was saved last, and by no other."""
    async with committed.app.begin(tenant) as tx:
        card = await write_card(tx, "最初")

    async def rename(name: str) -> bool:
        async with committed.app.begin(tenant) as tx:
            before: Card = await CARD.get(tx, card.id, lock=True)
            await CARD.save(tx, before, replace(before, title=name))
        return True

    await asyncio.gather(*(rename(f"名字{n}") for n in range(5)))
    async with committed.app.begin(tenant) as tx:
        last = await CARD.get(tx, card.id)
        assert (await indexed_words(tx, card.id))[1] == bigrams_of(search_text_of([last.title]))
        assert normalize(last.title) in ((await indexed_words(tx, card.id))[0] or "")
        batch, _ = await list_batch(tx, LISTING, LISTING.parse_query("q=最初"), EVERYTHING)
        assert batch == []
