import asyncio
from uuid import UUID

import httpx
from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from cpq.products.store import products
from testkit.plugin import Committed


async def test_parallel_creates_of_one_sku_give_one_product(
    committed_client: httpx.AsyncClient, committed: Committed, tenant: UUID
) -> None:
    posts = (
        committed_client.post("/products", json={"sku": "A", "name": f"{n}"}) for n in range(12)
    )
    answers = await asyncio.gather(*posts)
    [made] = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert len(refused) == 11
    assert {one["code"] for one in refused} == {"PRODUCT_DUPLICATE"}
    assert {one["params"]["product_id"] for one in refused} == {made["id"]}
    async with committed.app.begin(tenant) as tx:
        assert (await tx.execute(select(func.count()).select_from(products))).scalar_one() == 1
        assert (await tx.execute(select(func.count()).select_from(outbox))).scalar_one() == 1
