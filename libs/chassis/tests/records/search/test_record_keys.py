"""Keys in the search index: like records are found by them, and no search for words finds a key."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.search.record_keys import ids_with_keys, key_grams, key_lines
from chassis.records.search.spelling import bigrams_of
from chassis.records.search.words import SearchedColumns, delete_words, index_words, match_words
from kernel.ids import new_id
from testkit.cards.store import LISTING

cards, RESOURCE = LISTING.table, LISTING.resource


def letters_of(title: str) -> Iterable[str]:
    """Each letter of a title is a key."""
    return set(title)


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> SearchedColumns:
    """The searched columns of cards, with keys of their titles."""
    words: SearchedColumns = cards.info["words"]
    with_keys = replace(words, keys=(("title", letters_of),))
    monkeypatch.setitem(cards.info, "words", with_keys)
    return with_keys


async def add(tx: AsyncConnection, title: str, card_id: UUID | None = None) -> UUID:
    row: dict[str, Any] = {"id": card_id or new_id(), "title": title}
    await index_words(tx, cards, [row], new=card_id is None)
    return UUID(str(row["id"]))


async def found(
    tx: AsyncConnection, resource: str, keys: Iterable[str], *, limit: int
) -> list[UUID]:
    query = ids_with_keys(resource, "grams", limit=limit)
    return list((await tx.execute(query, {"grams": key_grams(keys)})).scalars())


@pytest.mark.usefixtures("searched")
async def test_records_that_share_most_keys_come_first(tx: AsyncConnection) -> None:
    one, two = await add(tx, "ab"), await add(tx, "abc")
    await add(tx, "xyz")
    assert await found(tx, RESOURCE, ["a", "b", "c"], limit=9) == [two, one]
    assert await found(tx, RESOURCE, ["a", "b", "c"], limit=1) == [two]
    assert await found(tx, "testkit.other", ["a"], limit=9) == []
    assert await found(tx, RESOURCE, [], limit=9) == []


@pytest.mark.usefixtures("searched")
async def test_keys_follow_a_record_that_changes_and_go_with_it(tx: AsyncConnection) -> None:
    card = await add(tx, "ab")
    await add(tx, "bc", card)
    assert await found(tx, RESOURCE, ["a"], limit=9) == []
    assert await found(tx, RESOURCE, ["c"], limit=9) == [card]
    await delete_words(tx, RESOURCE, [card])
    assert await found(tx, RESOURCE, ["b", "c"], limit=9) == []


async def test_no_search_for_words_finds_a_key(
    tx: AsyncConnection, searched: SearchedColumns
) -> None:
    await add(tx, "ab")
    for line in key_lines(searched.keys, {"title": "ab"}):
        for query in (line, line[1:], line[1:3], line[1], line.lower()):
            found = await match_words(tx, cards.c.id, searched, query)
            compiled = found.condition.compile()
            assert found.few
            assert list(compiled.params.values()) in ([], [[]])


@given(st.text(), st.text())
def test_a_key_is_one_gram_and_equal_keys_are_one_line(title: str, other: str) -> None:
    lines = list(key_lines((("title", letters_of),), {"title": title}))
    assert len(lines) == len(set(title))
    assert bigrams_of("\n".join(lines)) == set(lines)
    shared = set(lines) & set(key_lines((("title", letters_of),), {"title": other}))
    assert len(shared) == len(set(title) & set(other))
