"""Words inside names: found as people spell them, kept true by every write."""

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
from chassis.records.search import words
from chassis.records.search.spelling import bigrams_of, normalize, search_text_of
from chassis.records.search.tables import search_grams, search_texts
from chassis.records.search.words import delete_words, index_words
from libs.chassis.tests.lists.samples import titles, write
from testkit.cards import LISTING, Card, get_card, save_card
from testkit.database import cards
from testkit.plugin import Committed

NAMES = ["长沙银行", "長沙市商業銀行", "华为技术有限公司", "GTX Pro", "Acme (Shanghai) Ltd"]
QUESTIONS = [
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


@pytest.mark.parametrize(("question", "found"), QUESTIONS)
@pytest.mark.parametrize("rare", [words.RARE_GRAM_ROWS, 0])
async def test_what_is_found(
    client: Client,
    tx: AsyncConnection,
    monkeypatch: pytest.MonkeyPatch,
    question: str,
    found: str,
    rare: int,
) -> None:
    """By its rarest gram, and along the list where all its grams are common: the same rows."""
    monkeypatch.setattr(words, "RARE", rare)
    for name in NAMES:
        await write(tx, name)
    answer = await client.get("/cards", params={"q": question, "sort": "created_at"})
    assert "|".join(sorted(item["title"] for item in answer.json()["items"])) == "|".join(
        sorted(filter(None, found.split("|")))
    )


async def rows_of(tx: AsyncConnection, card_id: UUID) -> tuple[str | None, set[str]]:
    told = select(search_texts.c.text).where(search_texts.c.id == card_id)
    grams = select(search_grams.c.gram).where(search_grams.c.id == card_id)
    return (await tx.execute(told)).scalar(), set((await tx.execute(grams)).scalars())


async def test_a_renamed_row_is_found_by_its_new_name_only(
    client: Client, tx: AsyncConnection
) -> None:
    card = await write(tx, "长沙银行")
    await save_card(tx, replace(card, title="武汉银行"))
    assert await titles(client, "q=长沙") == await titles(client, "q=csyh") == ""
    assert await titles(client, "q=银行") == await titles(client, "q=whyh") == "武汉银行"
    text, grams = await rows_of(tx, card.id)
    assert text == "武汉银行\nwhyh"
    assert grams == bigrams_of(text)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(alphabet="ab长沙cＡ (-", max_size=8), min_size=1, max_size=4))
async def test_the_grams_are_those_of_the_last_name(tx: AsyncConnection, names: list[str]) -> None:
    async with tx.begin_nested() as savepoint:
        card = await write(tx, names[0])
        for name in names[1:]:
            card = await save_card(tx, replace(card, title=name))
        text, grams = await rows_of(tx, card.id)
        assert (text or "") == search_text_of([names[-1]])
        assert grams == bigrams_of(text or "")
        await savepoint.rollback()


async def test_many_rows_at_once_and_forgotten(client: Client, tx: AsyncConnection) -> None:
    written = [await write(tx, "x") for _ in range(3)]
    rows = [{"id": card.id, "title": f"公司{n}号"} for n, card in enumerate(written)]
    await index_words(tx, cards, rows)
    await index_words(tx, cards, rows)  # the same again changes nothing
    assert len(await titles(client, "q=公司")) == 3
    await delete_words(tx, "testkit.card", [card.id for card in written[1:]])
    assert await titles(client, "q=公司") == "x"
    left = select(func.count()).select_from(search_grams)
    kept = bigrams_of(search_text_of(["公司0号"]))
    assert (await tx.execute(left)).scalar_one() == len(kept)


async def test_two_writers_of_one_row(committed: Committed, tenant: UUID) -> None:
    """Whoever saves last is found; the other is refused, and leaves no words."""
    async with committed.app.begin(tenant) as tx:
        card = await write(tx, "最初")

    async def rename(name: str) -> bool:
        async with committed.app.begin(tenant) as tx:
            before: Card = await get_card(tx, card.id, lock=True)
            await save_card(tx, replace(before, title=name))
        return True

    await asyncio.gather(*(rename(f"名字{n}") for n in range(5)))
    async with committed.app.begin(tenant) as tx:
        last = await get_card(tx, card.id)
        assert (await rows_of(tx, card.id))[1] == bigrams_of(search_text_of([last.title]))
        assert normalize(last.title) in ((await rows_of(tx, card.id))[0] or "")
        batch, _ = await LISTING.batch(tx, LISTING.asked("q=最初"), EVERYTHING)
        assert batch == []
