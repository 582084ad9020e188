"""Tests of lists as JSON Lines: the same rows as the pages, under one snapshot, in batches."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient as Client

from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.lists.json_lines import LineStream
from chassis.records.lists.list_query import ListQuery
from chassis.records.record_commands import edit_record
from chassis.web.commands import Command
from libs.chassis.tests.records.lists.samples import SELLER, problems, write_card, write_five_cards
from testkit import tokens
from testkit.cards.store import CARD, LISTING
from testkit.plugin import Committed

LINES = {"Accept": "application/jsonl"}


def lines(answer: Any) -> list[dict[str, Any]]:
    """Return the rows of a stream."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert answer.text.endswith("\n") or answer.text == ""
    return [json.loads(line) for line in answer.text.splitlines()]


async def stream(committed: Committed, tenant: UUID, visibility: Visibility) -> LineStream:
    """Return the stream of all titles in order."""
    async with committed.app.begin(tenant) as tx:
        search = await LISTING.search(tx, LISTING.parse_query("sort=title"), visibility)
    return LineStream(
        database=committed.app,
        tenant=tenant,
        search=search,
        after=None,
        shape=LISTING.shape,
        query=ListQuery(fields=("title",)),
        expander=None,
    )


def titles(batch: bytes) -> list[str]:
    """Return the titles in a piece of a stream."""
    return [json.loads(line)["title"] for line in batch.splitlines()]


@pytest.mark.parametrize(
    "query", ["", "sort=title&stage=TO_DO", "fields=title&sort=-amount", "q=a", "limit=2&page=2"]
)
async def test_a_stream_holds_every_row_of_the_list(
    committed_client: Client, committed: Committed, tenant: UUID, query: str
) -> None:
    async with committed.app.begin(tenant) as tx:
        await write_five_cards(tx)
    whole = query.replace("limit=2&page=2", "")
    listed = (await committed_client.get(f"/cards?{whole}")).json()["items"]
    assert lines(await committed_client.get(f"/cards?{query}", headers=LINES)) == listed
    assert len(listed) > 0


async def test_a_search_streams_too_and_a_cursor_continues(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await write_five_cards(tx)
    body = {"filter_groups": [{"stage": "DONE"}, {"title__in": ["a", "d"]}], "sort": "title"}
    found = await committed_client.post("/cards/search", json=body, headers=LINES)
    assert [row["title"] for row in lines(found)] == ["a", "b", "d"]
    path = "/cards?sort=title&limit=2"
    cursor = (await committed_client.get(path)).json()["next_cursor"]
    rest = await committed_client.get(f"{path}&cursor={cursor}", headers=LINES)
    assert [row["title"] for row in lines(rest)] == ["c", "d", "e"]


async def test_a_key_does_not_store_a_stream(committed_client: Client) -> None:
    headers = {**LINES, "Idempotency-Key": "stream"}
    for _ in range(2):
        answer = await committed_client.post("/cards/search", json={}, headers=headers)
        assert lines(answer) == []
        assert "Idempotent-Replayed" not in answer.headers


async def test_a_stream_holds_only_what_the_caller_sees(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await write_five_cards(tx)
    seller = tokens.bearer(tenant, sub=SELLER, scope="testkit.card.read")
    seen = lines(await committed_client.get("/cards?sort=title", headers={**LINES, **seller}))
    assert [row["title"] for row in seen] == ["a", "b", "c", "d"]
    none = tokens.bearer(tenant, scope="testkit.note.read")
    refused = await committed_client.get("/cards", headers={**LINES, **none})
    assert refused.status_code == 403


async def test_errors_are_answered_before_the_stream(committed_client: Client) -> None:
    bad = await committed_client.get("/cards?stage=X&cursor=abc", headers=LINES)
    assert problems(bad) == {("?stage", "VALUE_UNKNOWN")}
    forged = await committed_client.get("/cards?cursor=abc", headers=LINES)
    assert problems(forged) == {("?cursor", "CURSOR_INVALID")}
    custom = await committed_client.get("/cards?custom.colour=red", headers=LINES)
    assert problems(custom) == {("?custom.colour", "UNKNOWN_FIELD")}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/jsonl", "application/jsonl"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("application/x-ndjson;q=0.9, */*;q=0.1", "application/x-ndjson"),
        ("application/json, application/jsonl", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
    ],
)
async def test_the_accepted_media_type_decides(
    committed_client: Client, accept: str, expected: str
) -> None:
    answer = await committed_client.get("/cards", headers={"Accept": accept})
    assert answer.headers["content-type"].partition(";")[0] == expected


async def test_a_stream_reads_one_snapshot_in_batches(committed: Committed, tenant: UUID) -> None:
    """What is written between two batches is not seen, though its place comes later."""
    async with committed.app.begin(tenant) as tx:
        written = await write_five_cards(tx)
    seen: list[list[str]] = []
    batches = (await stream(committed, tenant, EVERYTHING)).batches(size=2)
    async for batch in batches:
        if not seen:
            async with committed.app.begin(tenant) as tx:
                await write_card(tx, "f")
                last = written[4]
                edited = Command(tx, last.updated_at)
                await edit_record(edited, CARD, last.id, lambda card: replace(card, title="aa"))
        seen.append(titles(batch))
    assert seen == [["a", "b"], ["c", "d"], ["e"]]
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(LISTING.table.select().order_by(LISTING.table.c.title))
        assert [row.title for row in rows] == ["a", "aa", "b", "c", "d", "f"]


async def test_an_abandoned_stream_ends_its_transaction(committed: Committed, tenant: UUID) -> None:
    async with committed.app.begin(tenant) as tx:
        await write_five_cards(tx)
    for _ in range(30):  # more than the pool has connections, and than streams may run
        batches = (await stream(committed, tenant, EVERYTHING)).batches(size=1)
        assert titles(await anext(batches)) == ["a"]
        await batches.aclose()


async def test_a_snapshot_cannot_write(committed: Committed, tenant: UUID) -> None:
    with pytest.raises(Exception, match="read-only transaction"):
        async with committed.app.begin(tenant, snapshot=True) as tx:
            await write_card(tx, "a")
    async with committed.app.begin(tenant) as tx:  # the pool's connection can write again
        await write_card(tx, "a")
