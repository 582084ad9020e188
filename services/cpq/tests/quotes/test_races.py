"""Real concurrency on real PostgreSQL: what must happen once, and what must have no gap."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from chassis.tables import outbox
from cpq.quotes.store import quote_lines, quotes
from kernel.ids import new_id
from services.cpq.tests.factories import Shop, open_shop
from testkit.plugin import Committed

Client = httpx.AsyncClient


@pytest.fixture
async def shop(committed: Committed, tenant: UUID) -> Shop:
    async with committed.app.begin(tenant) as tx:
        return await open_shop(tx)


async def facts(committed: Committed, tenant: UUID) -> list[tuple[str, int]]:
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(select(outbox.c.type, outbox.c.aggversion).order_by(outbox.c.seq))
        return [(row.type, row.aggversion) for row in rows]


async def test_parallel_accepts_publish_one_event(
    committed_client: Client, committed: Committed, tenant: UUID, shop: Shop
) -> None:
    quote = (await committed_client.post("/quotes", json=shop.body())).json()
    for move in ("send", "accept"):
        path = f"/quotes/{quote['id']}/{move}"
        answers = await asyncio.gather(*(committed_client.post(path) for _ in range(8)))
        assert [answer.status_code for answer in answers] == [200] * 8
        [body] = {answer.text for answer in answers}  # all eight are told the same
    assert '"ACCEPTED"' in body
    assert await facts(committed, tenant) == [
        ("cpq.quote.created.v1", 1),
        ("cpq.quote.sent.v1", 2),
        ("cpq.quote.accepted.v1", 3),
    ]


async def test_parallel_quotes_are_numbered_without_gap(
    committed_client: Client, committed: Committed, tenant: UUID, shop: Shop
) -> None:
    wrong = shop.body({"quantity": "1", "product_id": str(new_id())})
    bodies: list[dict[str, Any]] = [wrong if n % 4 == 3 else shop.body() for n in range(26)]
    answers = await asyncio.gather(
        *(committed_client.post("/quotes", json=body) for body in bodies)
    )
    made = [answer.json() for answer in answers if answer.status_code == 201]
    assert [answer.status_code for answer in answers].count(422) == 6
    year = datetime.now(UTC).year
    numbers = {f"Q-{year}-{n:06d}" for n in range(1, 21)}
    assert {quote["document_no"] for quote in made} == numbers
    async with committed.app.begin(tenant) as tx:
        assert set((await tx.execute(select(quotes.c.document_no))).scalars()) == numbers
        assert len((await tx.execute(select(quote_lines.c.id))).all()) == 20
    assert len(await facts(committed, tenant)) == 20


async def test_one_key_at_once_makes_one_quote(
    committed_client: Client, committed: Committed, tenant: UUID, shop: Shop
) -> None:
    key = {"Idempotency-Key": "double-click"}
    posts = (committed_client.post("/quotes", json=shop.body(), headers=key) for _ in range(6))
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await facts(committed, tenant) == [("cpq.quote.created.v1", 1)]
