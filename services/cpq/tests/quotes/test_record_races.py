"""Concurrent transfers, moves, amendments, deletions and upserts of one quote."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.cpq.tests.factories import Shop, create_quote, list_ids, open_shop
from testkit.directory import Company, subject
from testkit.plugin import Committed

Client = httpx.AsyncClient
PEOPLE = ("li", "zhou", "zheng", "wu")


@pytest.fixture
async def shop(committed: Committed, tenant: UUID) -> Shop:
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        return await open_shop(tx)


async def transfers(client: Client, quote: dict[str, Any], **more: Any) -> list[httpx.Response]:
    path = f"/quotes/{quote['id']}/transfer"
    calls = (client.post(path, json={"owner_id": subject(name)}, **more) for name in PEOPLE)
    return list(await asyncio.gather(*calls))


async def test_concurrent_transfers_are_serialized(committed_client: Client, shop: Shop) -> None:
    quote = await create_quote(committed_client, shop.body())
    answers = await transfers(committed_client, quote)
    assert [answer.status_code for answer in answers] == [200] * 4
    path = f"/quotes/{quote['id']}"
    changes = (await committed_client.get(f"{path}/owners")).json()["items"][::-1]
    chain = [quote["owner_id"], *(one["to_owner_id"] for one in changes)]
    assert [one["from_owner_id"] for one in changes] == chain[:-1]
    after = (await committed_client.get(path)).json()
    assert (after["owner_id"], after["version"]) == (chain[-1], 5)


async def test_of_transfers_with_one_etag_one_succeeds(
    committed_client: Client, shop: Shop
) -> None:
    quote = await create_quote(committed_client, shop.body())
    answers = await transfers(committed_client, quote, headers={"If-Match": '"1"'})
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


async def test_of_a_patch_a_move_and_a_transfer_with_one_etag_one_succeeds(
    committed_client: Client, shop: Shop
) -> None:
    quote = await create_quote(committed_client, shop.body())
    path, tag = f"/quotes/{quote['id']}", {"If-Match": '"1"'}
    answers = await asyncio.gather(
        committed_client.patch(path, json={"valid_until": "2099-12-31"}, headers=tag),
        committed_client.post(f"{path}/send", headers=tag),
        committed_client.post(f"{path}/transfer", json={"owner_id": subject("li")}, headers=tag),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    after = (await committed_client.get(path)).json()
    changed = (
        after["valid_until"] != quote["valid_until"],
        after["status"] == "SENT",
        after["owner_id"] != quote["owner_id"],
    )
    assert sorted(changed) == [False, False, True]


async def test_concurrent_deletions_and_restores_are_serialized(
    committed_client: Client, shop: Shop
) -> None:
    quote = await create_quote(committed_client, shop.body())
    path = f"/quotes/{quote['id']}"
    answers = await asyncio.gather(
        *(committed_client.delete(path) for _ in range(4)),
        *(committed_client.post(f"{path}/restore") for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} == {200, 204}
    is_deleted = quote["id"] in await list_ids(committed_client, "/quotes?deleted=true")
    assert is_deleted is not (quote["id"] in await list_ids(committed_client, "/quotes"))


async def test_a_deletion_and_a_sending_at_once_have_one_winner(
    committed_client: Client, shop: Shop
) -> None:
    quote = await create_quote(committed_client, shop.body())
    path = f"/quotes/{quote['id']}"
    deleted, sent = await asyncio.gather(
        committed_client.delete(path), committed_client.post(f"{path}/send")
    )
    assert (deleted.status_code, sent.status_code) in ((204, 404), (409, 200))


async def test_concurrent_puts_of_one_external_id_make_one_quote(
    committed_client: Client, shop: Shop
) -> None:
    path = "/quotes/by-external-id/erp/1"
    answers = await asyncio.gather(
        *(committed_client.put(path, json=shop.body()) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert len(await list_ids(committed_client, "/quotes")) == 1
