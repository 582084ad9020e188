"""A move of a quote at the same time as an edit, a transfer or a deletion."""

import asyncio
from uuid import UUID

import httpx
import pytest

from services.cpq.tests.factories import Shop, create_quote, open_shop
from testkit.directory import Company, subject
from testkit.plugin import Committed

Client = httpx.AsyncClient


@pytest.fixture
async def shop(committed: Committed, tenant: UUID) -> Shop:
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        return await open_shop(tx)


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


async def test_a_deletion_and_a_sending_at_once_have_one_winner(
    committed_client: Client, shop: Shop
) -> None:
    quote = await create_quote(committed_client, shop.body())
    path = f"/quotes/{quote['id']}"
    deleted, sent = await asyncio.gather(
        committed_client.delete(path), committed_client.post(f"{path}/send")
    )
    assert (deleted.status_code, sent.status_code) in ((204, 404), (409, 200))
