"""A quote whose line named an erased person is published in a new version."""

from uuid import UUID

from httpx import AsyncClient

from chassis.tenancy import tasks
from cpq.worker import WORKER
from libs.chassis.tests.tenancy.running import request_task, run
from services.cpq.tests.factories import create_quote, open_shop
from testkit.plugin import Committed
from testkit.published import published_facts


async def test_a_name_erased_in_a_line_moves_the_version_of_the_quote(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        shop = await open_shop(tx)
    quote = await create_quote(committed_client, shop.body())
    assert quote["lines"][0]["name"] == shop.product.name
    await request_task(committed, tenant, "ERASE", values=(shop.product.name,))
    await run(committed, tenant, handle=WORKER.jobs[tasks.TASK_JOB_KIND])
    answer = await committed_client.get(f"/quotes/{quote['id']}")
    assert (answer.json()["lines"][0]["name"], answer.headers["ETag"]) == ("***", '"2"')
    async with committed.app.begin(tenant) as tx:
        facts = [one for one in await published_facts(tx) if one.type.startswith("cpq.quote")]
    assert [(one.type, one.sequence) for one in facts] == [
        ("cpq.quote.created.v1", 1),
        ("cpq.quote.changed.v1", 2),
    ]
    assert all(one.payload["quote"]["lines"][0]["name"] == "***" for one in facts)
