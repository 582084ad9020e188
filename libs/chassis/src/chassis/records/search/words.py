"""Words inside names: kept beside the rows as grams, and found by the rarest of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    Text,
    Uuid,
    and_,
    bindparam,
    cast,
    false,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.search.prefixes import begins_with
from chassis.records.search.spelling import bigrams_of, search_terms, search_text_of
from chassis.records.search.tables import search_grams, search_texts

MAX_COUNTED_GRAMS = 12  # of a question that are counted
RARE_GRAM_ROWS = 2000  # rows that are looked through one by one

_TEXTS, _GRAMS = ARRAY(Text), ARRAY(Text)
_IDS = ARRAY(Uuid)
_WRITE = text("""
    WITH texts AS (
        INSERT INTO search_texts (resource, id, text)
        SELECT :resource, * FROM unnest(:ids, :texts) ORDER BY 2
        ON CONFLICT (tenant_id, resource, id) DO UPDATE SET text = excluded.text
    )
    INSERT INTO search_grams (resource, gram, id)
    SELECT :resource, * FROM unnest(:grams, :gram_ids) ORDER BY 2, 3
    ON CONFLICT DO NOTHING
""").bindparams(
    bindparam("resource", type_=Text),
    bindparam("ids", type_=_IDS),
    bindparam("texts", type_=_TEXTS),
    bindparam("grams", type_=_GRAMS),
    bindparam("gram_ids", type_=_IDS),
)
_REMOVE = text("""
    DELETE FROM search_grams USING unnest(:grams, :gram_ids) AS gone (gram, id)
    WHERE resource = :resource
      AND search_grams.gram = gone.gram AND search_grams.id = gone.id
""").bindparams(
    bindparam("resource", type_=Text),
    bindparam("grams", type_=_GRAMS),
    bindparam("gram_ids", type_=_IDS),
)
GramPairs = Iterable[tuple[str, UUID]]


@dataclass(frozen=True)
class SearchedColumns:
    """Which columns of a table are searched, under which resource name; in `table.info`."""

    resource: str
    columns: tuple[str, ...]


async def index_words(
    tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], *, new: bool = False
) -> None:
    """Let these rows be found by the words they hold now; nothing for a table without words.

    `rows` hold `id` and the searched columns; `new` says that none of them was there before.
    Called by `rows.insert_row` and `update_row`; whoever writes in bulk calls it himself.
    """
    words: SearchedColumns | None = table.info.get("words")
    if words is None or not rows:
        return
    texts = {row["id"]: search_text_of(row[name] for name in words.columns) for row in rows}
    before = {} if new else await _known(tx, words.resource, list(texts))
    changed = {key: told for key, told in texts.items() if told != before.get(key, "")}
    old = {(g, key) for key in changed for g in bigrams_of(before.get(key, ""))}
    now = {(g, key) for key, told in changed.items() for g in bigrams_of(told)}
    if old - now:
        await tx.execute(_REMOVE, {"resource": words.resource, **_columns(old - now)})
    if changed:
        written = {"ids": list(changed), "texts": list(changed.values()), **_columns(now - old)}
        await tx.execute(_WRITE, {"resource": words.resource, **written})


async def delete_words(tx: AsyncConnection, resource: str, ids: Sequence[UUID]) -> None:
    """Let these rows be found no more: they are deleted for good, or erased."""
    known = await _known(tx, resource, ids)
    grams = {(g, key) for key, told in known.items() for g in bigrams_of(told)}
    await tx.execute(_REMOVE, {"resource": resource, **_columns(grams)})
    mine = (search_texts.c.resource == resource) & search_texts.c.id.in_(list(known))
    await tx.execute(search_texts.delete().where(mine))


def _columns(pairs: GramPairs) -> dict[str, list[Any]]:
    """In the order of the primary key, so that two writers wait instead of deadlocking."""
    ordered = sorted(pairs)
    return {"grams": [gram for gram, _ in ordered], "gram_ids": [key for _, key in ordered]}


async def _known(tx: AsyncConnection, resource: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    columns = search_texts.c
    query = select(columns.id, columns.text).where(
        columns.resource == resource, columns.id == func.any(cast(list(ids), _IDS))
    )
    return {row.id: row.text for row in await tx.execute(query)}


@dataclass(frozen=True)
class WordMatch:
    """The condition that a row holds the words; `few` where it names the rows themselves."""

    condition: ColumnElement[Any]
    few: bool


async def match_words(
    tx: AsyncConnection, key: Column[UUID], resource: str, question: str
) -> WordMatch:
    """The rows whose names hold all words of the question.

    By its rarest gram, where that is rare: the few rows are known before the list is read.
    Where all its grams are common so are the rows, and reading along the sort soon finds a page.
    """
    terms = search_terms(question)
    if not terms:
        return WordMatch(false(), few=True)
    grams = sorted({gram for term in terms for gram in _asked_by(term)})[:MAX_COUNTED_GRAMS]
    counts = {gram: await _count(tx, resource, gram) for gram in grams}
    rarest = min(grams, key=counts.__getitem__)
    if counts[rarest] > RARE_GRAM_ROWS:
        mine = (search_texts.c.resource == resource) & (search_texts.c.id == key)
        # Not EXISTS, which would be turned into a join that reads the texts of all rows.
        return WordMatch(select(_confirmed(terms)).where(mine).scalar_subquery(), few=False)
    found = await _found(tx, resource, rarest, terms)
    return WordMatch(key == func.any(cast(found, _IDS)), few=True)


def _asked_by(term: str) -> set[str]:
    return {term[place : place + 2] for place in range(len(term) - 1)} or {term}


def _with_gram(resource: str, gram: str) -> ColumnElement[bool]:
    named, column = search_grams.c.resource == resource, search_grams.c.gram
    return and_(named, column == gram if len(gram) > 1 else begins_with(column, gram))


def _confirmed(terms: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(func.strpos(search_texts.c.text, term) > 0 for term in terms))


async def _count(tx: AsyncConnection, resource: str, gram: str) -> int:
    """How many rows hold the gram, counted no further than needed."""
    few = (
        select(search_grams.c.id)
        .where(_with_gram(resource, gram))
        .limit(RARE_GRAM_ROWS + 1)
        .subquery()
    )
    count: int = (await tx.execute(select(func.count()).select_from(few))).scalar_one()
    return count


async def _found(tx: AsyncConnection, resource: str, gram: str, terms: Sequence[str]) -> list[UUID]:
    there = select(search_grams.c.id).where(_with_gram(resource, gram)).distinct().subquery()
    query = select(there.c.id).join(
        search_texts,
        and_(search_texts.c.resource == resource, search_texts.c.id == there.c.id),
    )
    return list((await tx.execute(query.where(_confirmed(terms)))).scalars())
