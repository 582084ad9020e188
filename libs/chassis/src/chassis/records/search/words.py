"""Search for words inside names: bigrams are stored beside the rows, the rarest finds them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    Text,
    TextClause,
    Uuid,
    and_,
    bindparam,
    cast,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.columns import is_encrypted
from chassis.records.contact_points import tenant_country
from chassis.records.search.digested_points import end_lines, point_lines
from chassis.records.search.prefixes import begins_with
from chassis.records.search.record_keys import KeysOf, key_lines
from chassis.records.search.spelling import (
    TAIL_MARK,
    bigrams_of,
    reversed_tail,
    search_terms,
    search_text_of,
    tail_terms,
)
from chassis.records.search.tables import search_grams, search_texts

MAX_COUNTED_GRAMS = 12  # how many grams of a query are counted
RARE_GRAM_ROWS = 2000  # a gram with at most so many rows is rare: they are compared one by one

# In the info of a table: its searched columns, and the searched parts of its records.
WORDS, SEARCHED_PARTS = "words", "searched_parts"

_TEXTS, _GRAMS, _IDS = ARRAY(Text), ARRAY(Text), ARRAY(Uuid)


def _write(*, texts_conflict: str = "", grams_conflict: str = "") -> TextClause:
    return text(f"""
        WITH texts AS (
            INSERT INTO search_texts (resource, id, text)
            SELECT :resource, * FROM unnest(:ids, :texts) ORDER BY 2 {texts_conflict}
        )
        INSERT INTO search_grams (resource, gram, id)
        SELECT :resource, * FROM unnest(:grams, :gram_ids) ORDER BY 2, 3 {grams_conflict}
    """).bindparams(  # noqa: S608  # our own tables
        bindparam("resource", type_=Text),
        bindparam("ids", type_=_IDS),
        bindparam("texts", type_=_TEXTS),
        bindparam("grams", type_=_GRAMS),
        bindparam("gram_ids", type_=_IDS),
    )


_WRITE_NEW = _write()  # without a conflict to look for, half the time
_WRITE = _write(
    texts_conflict="ON CONFLICT (tenant_id, resource, id) DO UPDATE SET text = excluded.text",
    grams_conflict="ON CONFLICT DO NOTHING",
)
_REMOVE = text("""
    DELETE FROM search_grams USING unnest(:grams, :gram_ids) AS removed (gram, id)
    WHERE resource = :resource
      AND search_grams.gram = removed.gram AND search_grams.id = removed.id
""").bindparams(
    bindparam("resource", type_=Text),
    bindparam("grams", type_=_GRAMS),
    bindparam("gram_ids", type_=_IDS),
)
GramPairs = Iterable[tuple[str, UUID]]


@dataclass(frozen=True)
class SearchedColumns:
    """The searched columns of a table and its resource name; stored in `table.info`.

    Words are found anywhere in `columns`; `contact_points` are found whole or by their end, and so
    are `digested_points`, whose columns are encrypted. `keys` are columns with the functions that
    make the keys under which like records are found.
    """

    resource: str
    columns: tuple[str, ...]
    contact_points: tuple[str, ...] = ()
    digested_points: tuple[str, ...] = ()
    keys: tuple[tuple[str, KeysOf], ...] = ()

    @property
    def all_columns(self) -> tuple[str, ...]:
        """The columns that the index follows."""
        points = (*self.contact_points, *self.digested_points)
        return tuple(dict.fromkeys((*self.columns, *points, *(name for name, _ in self.keys))))

    @property
    def has_points(self) -> bool:
        """Whether numbers and mail addresses are found."""
        return bool(self.contact_points or self.digested_points)

    def text_of(self, row: Mapping[str, Any]) -> str:
        """Return the text of a row to search in."""
        names = (row[name] for name in self.columns)
        text = search_text_of(names, (row[name] for name in self.contact_points))
        points = [row[name] for name in self.digested_points if row[name]]
        digested = [line for point in points for line in point_lines(self.resource, point)]
        return "\n".join(filter(None, (text, *dict.fromkeys(digested), *key_lines(self.keys, row))))

    def lines_of(self, ends: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the lines of these contact points or ends, each with the gram that finds rows."""
        for end in ends:
            if self.contact_points:
                tail = reversed_tail(end)
                yield tail, tail
            if self.digested_points:
                yield end_lines(self.resource, end)


@dataclass(frozen=True)
class SearchedPart:
    """Parts of records whose contact points are searched: their columns, and whose they are."""

    searched: SearchedColumns
    key: Column[UUID]
    parent: Column[UUID]


def searched_columns(
    resource: str,
    table: Table,
    words: Sequence[str],
    points: Sequence[str],
    keys: Mapping[str, KeysOf],
) -> SearchedColumns:
    """Return the searched columns of a table; of the points some may be encrypted."""
    digested = tuple(one for one in points if is_encrypted(table.c[one]))
    clear = tuple(one for one in points if one not in digested)
    return SearchedColumns(resource, tuple(words), clear, digested, tuple(keys.items()))


async def index_words(
    tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], *, new: bool = False
) -> None:
    """Index the words of these rows; does nothing for a table without searched columns.

    `rows` have `id` and the searched columns; `new` means that none of them was indexed before.
    `records.writes` calls this for each row; code that writes in bulk must call it itself.
    """
    words: SearchedColumns | None = table.info.get(WORDS)
    if words is None or not rows:
        return
    texts = {row["id"]: words.text_of(row) for row in rows}
    before = {} if new else await _indexed_texts(tx, words.resource, list(texts))
    changed = {key: new_text for key, new_text in texts.items() if new_text != before.get(key, "")}
    old = {(gram, key) for key in changed for gram in bigrams_of(before.get(key, ""))}
    current = {(gram, key) for key, new_text in changed.items() for gram in bigrams_of(new_text)}
    if old - current:
        await tx.execute(_REMOVE, {"resource": words.resource, **_columns(old - current)})
    if changed:
        written = {"ids": list(changed), "texts": list(changed.values()), **_columns(current - old)}
        write = _WRITE_NEW if new else _WRITE
        await tx.execute(write, {"resource": words.resource, **written})


async def delete_words(tx: AsyncConnection, resource: str, ids: Sequence[UUID]) -> None:
    """Remove rows that are deleted for good, or erased, from the index."""
    indexed = await _indexed_texts(tx, resource, ids)
    grams = {(gram, key) for key, words in indexed.items() for gram in bigrams_of(words)}
    await tx.execute(_REMOVE, {"resource": resource, **_columns(grams)})
    is_row = (search_texts.c.resource == resource) & search_texts.c.id.in_(list(indexed))
    await tx.execute(search_texts.delete().where(is_row))


def _columns(pairs: GramPairs) -> dict[str, list[Any]]:
    """Return the pairs in primary key order, so that concurrent writers do not deadlock."""
    ordered = sorted(pairs)
    return {"grams": [gram for gram, _ in ordered], "gram_ids": [key for _, key in ordered]}


async def _indexed_texts(
    tx: AsyncConnection, resource: str, ids: Sequence[UUID]
) -> dict[UUID, str]:
    columns = search_texts.c
    query = select(columns.id, columns.text).where(
        columns.resource == resource, columns.id == func.any(cast(list(ids), _IDS))
    )
    return {row.id: row.text for row in await tx.execute(query)}


@dataclass(frozen=True)
class WordMatch:
    """The condition that a row contains the words; `few` if it names the matching rows by id."""

    condition: ColumnElement[Any]
    few: bool


async def match_words(
    tx: AsyncConnection, key: Column[UUID], searched: SearchedColumns, query: str
) -> WordMatch:
    """Return the condition for rows whose names contain all words of a search query.

    Rows with a contact point that is the query, or ends with it, or with such a part, are found.
    """
    matches = [await _match_columns(tx, key, searched, query)]
    for part in key.table.info.get(SEARCHED_PARTS, ()):
        found = await _match_columns(tx, part.key, part.searched, query)
        parents = select(part.parent).where(found.condition)
        if found.few:  # named by id, so that an index finds them beside the other matches
            ids = list((await tx.execute(parents)).scalars())
            matches.append(WordMatch(key == func.any(cast(ids, _IDS)), few=True))
        else:
            matches.append(WordMatch(key.in_(parents), few=False))
    return WordMatch(or_(*(one.condition for one in matches)), all(one.few for one in matches))


async def _match_columns(
    tx: AsyncConnection, key: Column[UUID], searched: SearchedColumns, query: str
) -> WordMatch:
    """Return the condition for rows whose own columns match."""
    resource, terms = searched.resource, search_terms(query) if searched.columns else ()
    grams = {gram for term in terms for gram in _grams_of_term(term)}
    matches = [await _match(tx, key, resource, terms, grams)]
    ends = tail_terms(query, tenant_country()) if searched.has_points else ()
    for line, gram in searched.lines_of(ends):
        matches.append(await _match(tx, key, resource, [line], {gram}))
    return WordMatch(or_(*(one.condition for one in matches)), all(one.few for one in matches))


async def _match(
    tx: AsyncConnection,
    key: Column[UUID],
    resource: str,
    terms: Sequence[str],
    grams_of_terms: Set[str],
) -> WordMatch:
    """Return the condition for rows whose text contains all terms.

    If the terms' rarest gram is rare, its few rows are read first, and the condition names those
    that match. If all grams are common, many rows match, and reading along the list's sort finds a
    page soon.
    """
    if not terms:
        return WordMatch(false(), few=True)
    grams = sorted(grams_of_terms)[:MAX_COUNTED_GRAMS]
    counts = {gram: await _count(tx, resource, gram) for gram in grams}
    rarest = min(grams, key=counts.__getitem__)
    if counts[rarest] > RARE_GRAM_ROWS:
        is_row = (search_texts.c.resource == resource) & (search_texts.c.id == key)
        # Not EXISTS, which the planner would turn into a join that reads the texts of all rows.
        return WordMatch(select(_contains(terms)).where(is_row).scalar_subquery(), few=False)
    ids = await _matching_ids(tx, resource, rarest, terms)
    return WordMatch(key == func.any(cast(ids, _IDS)), few=True)


def _grams_of_term(term: str) -> set[str]:
    return {term[start : start + 2] for start in range(len(term) - 1)} or {term}


def _has_gram(resource: str, gram: str) -> ColumnElement[bool]:
    of_resource, column = search_grams.c.resource == resource, search_grams.c.gram
    is_beginning = len(gram) == 1 or gram.startswith(TAIL_MARK)
    return and_(of_resource, begins_with(column, gram) if is_beginning else column == gram)


def _contains(terms: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(func.strpos(search_texts.c.text, term) > 0 for term in terms))


async def _count(tx: AsyncConnection, resource: str, gram: str) -> int:
    """Count the rows with this gram, up to one more than a rare gram may have."""
    rare = (
        select(search_grams.c.id)
        .where(_has_gram(resource, gram))
        .limit(RARE_GRAM_ROWS + 1)
        .subquery()
    )
    count: int = (await tx.execute(select(func.count()).select_from(rare))).scalar_one()
    return count


async def _matching_ids(
    tx: AsyncConnection, resource: str, gram: str, terms: Sequence[str]
) -> list[UUID]:
    candidates = select(search_grams.c.id).where(_has_gram(resource, gram)).distinct().subquery()
    query = select(candidates.c.id).join(
        search_texts,
        and_(search_texts.c.resource == resource, search_texts.c.id == candidates.c.id),
    )
    return list((await tx.execute(query.where(_contains(terms)))).scalars())
