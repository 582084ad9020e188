"""Concurrent requests on PostgreSQL: moves happen once, and numbers have no gaps."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from cpq.quotes.store import quote_lines, quotes
from kernel.ids import new_id
from services.cpq.tests.factories import Shop, open_shop
from testkit.plugin import Committed
from testkit.published import published_facts

Client = httpx.AsyncClient


@pytest.fixture
async def shop(committed: Committed, tenant: UUID) -> Shop:
    async with committed.app.begin(tenant) as tx:
        return await open_shop(tx)


async def facts(committed: Committed, tenant: UUID) -> list[tuple[str, int]]:
    async with committed.app.begin(tenant) as tx:
        return [(fact.type, fact.sequence) for fact in await published_facts(tx)]


async def test_parallel_accepts_publish_one_event(
    committed_client: Client, committed: Committed, tenant: UUID, shop: Shop
) -> None:
    quote = (await committed_client.post("/quotes", json=shop.body())).json()
    for move in ("send", "accept"):
        path = f"/quotes/{quote['id']}/{move}"
        answers = await asyncio.gather(*(committed_client.post(path) for _ in range(8)))
        assert [answer.status_code for answer in answers] == [200] * 8
        [body] = {answer.text for answer in answers}  # all eight get the same answer
    assert '"ACCEPTED"' in body
    assert await facts(committed, tenant) == [
        ("cpq.quote.created.v1", 1),
        ("cpq.quote.sent.v1", 2),
        ("cpq.quote.accepted.v1", 3),
    ]


async def test_concurrent_quotes_are_numbered_without_gaps(
    committed_client: Client, committed: Committed, tenant: UUID, shop: Shop
) -> None:
    wrong = shop.body({"quantity": "1", "product_id": str(new_id())})
    bodies: list[dict[str, Any]] = [wrong if n % 4 == 3 else shop.body() for n in range(26)]
    answers = await asyncio.gather(
        *(committed_client.post("/quotes", json=body) for body in bodies)
    )
    created = [answer.json() for answer in answers if answer.status_code == 201]
    assert [answer.status_code for answer in answers].count(422) == 6
    year = datetime.now(UTC).year
    numbers = {f"Q-{year}-{n:06d}" for n in range(1, 21)}
    assert {quote["document_no"] for quote in created} == numbers
    async with committed.app.begin(tenant) as tx:
        assert set((await tx.execute(select(quotes.c.document_no))).scalars()) == numbers
        assert len((await tx.execute(select(quote_lines.c.id))).all()) == 20
    assert len(await facts(committed, tenant)) == 20


async def test_concurrent_requests_with_one_idempotency_key_create_one_quote(
    committed_client: Client, committed: Committed, tenant: UUID, shop: Shop
) -> None:
    key = {"Idempotency-Key": "double-click"}
    posts = (committed_client.post("/quotes", json=shop.body(), headers=key) for _ in range(6))
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await facts(committed, tenant) == [("cpq.quote.created.v1", 1)]


async def test_a_revision_and_an_acceptance_at_once_have_one_winner(
    committed_client: Client, committed: Committed, tenant: UUID, shop: Shop
) -> None:
    winners = set()
    for _ in range(6):
        quote = (await committed_client.post("/quotes", json=shop.body())).json()
        path = f"/quotes/{quote['id']}"
        await committed_client.post(f"{path}/send")
        accepted, *revised = await asyncio.gather(
            committed_client.post(f"{path}/accept"),
            *(committed_client.post(f"{path}/revise", json={}) for _ in range(3)),
        )
        status = (await committed_client.get(path)).json()["status"]
        winners.add(status)
        if status == "ACCEPTED":
            assert accepted.status_code == 200
            assert {answer.json()["code"] for answer in revised} == {"QUOTE_ACCEPTED"}
        else:
            assert status == "SUPERSEDED"
            assert (accepted.status_code, accepted.json()["code"]) == (409, "QUOTE_SUPERSEDED")
            assert len({answer.json()["id"] for answer in revised}) == 1
        async with committed.app.begin(tenant) as tx:
            quotes = outbox.c.aggregatetype == "cpq.quote"
            types = await tx.execute(
                select(outbox.c.type)
                .where(quotes, outbox.c.aggregateid == UUID(quote["id"]))
                .order_by(outbox.c.seq)
            )
            last = "accepted" if status == "ACCEPTED" else "revised"
            assert [type.split(".")[2] for type in types.scalars()] == ["created", "sent", last]
    assert winners


async def test_a_read_during_amendments_sees_one_version(
    committed_client: Client, committed: Committed, tenant: UUID, shop: Shop
) -> None:
    quote = (await committed_client.post("/quotes", json=shop.body())).json()
    path = f"/quotes/{quote['id']}"

    def amended(lines: int) -> Any:
        line = {"product_id": str(shop.product.id), "quantity": "1"}
        return committed_client.patch(path, json={"lines": [line] * lines})

    mixed = [amended(n) if n % 2 else committed_client.get(path) for n in range(1, 25)]
    for answer in await asyncio.gather(*mixed):
        assert answer.status_code == 200, answer.text
        quote_seen = answer.json()
        # Each line is 113.00; the total of the header must match the number of lines.
        total = sum(float(line["gross_amount"]["amount"]) for line in quote_seen["lines"])
        assert f"{total:.2f}" == quote_seen["gross_total"]["amount"]
    versions = [version for _, version in await facts(committed, tenant)]
    assert versions == list(range(1, len(versions) + 1))


async def test_of_amendments_with_one_etag_one_succeeds(
    committed_client: Client, shop: Shop
) -> None:
    quote = (await committed_client.post("/quotes", json=shop.body())).json()
    answers = await asyncio.gather(
        *(
            committed_client.patch(
                f"/quotes/{quote['id']}",
                json={"valid_until": f"2099-01-{day:02d}"},
                headers={"If-Match": '"1"'},
            )
            for day in range(1, 7)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
