"""A file from its upload to a quote, a link, and away again, over the services that take part."""

import httpx

from deploy.demo import scans
from deploy.demo.client import Person
from testkit import tokens
from tests.journeys.steps import (
    convert_lead,
    create_accepted_quote,
    create_price_book,
    create_qualified_lead,
)
from tests.journeys.world import World


async def test_a_contract_scan_is_filed_fetched_and_detached(world: World) -> None:
    book = await create_price_book(world)
    operation = await convert_lead(world, await create_qualified_lead(world))
    quote = await create_accepted_quote(world, operation["result"]["opportunity_id"], book)
    record = f"/cpq/v1/quotes/{quote['id']}"
    seller = a_seller(world)
    report = await scans.contract_scan(seller, quote)
    assert (report["fetched_as_filed"], report["media_type"]) == (True, "application/pdf")
    again = await scans.contract_scan(seller, quote)
    assert again == report
    await world.deliver_events()
    [attachment] = await world.items(f"{record}/files")
    assert await world.count("desk", "SELECT count(*) FROM file_attachments") == 1
    link = await world.post(f"{record}/files/{attachment['id']}/link")
    await seller.call("DELETE", f"{record}/files/{attachment['id']}")
    assert (await fetched(world, link["url"])).status_code == 200  # desk has not heard of it yet
    await world.deliver_events()
    gone = await fetched(world, link["url"])
    assert (gone.status_code, gone.json()["code"]) == (404, "ACCESS_KEY_REFUSED")
    await world.post(f"{record}/files/{attachment['id']}/restore")
    await world.deliver_events()
    assert await scans.fetch_scan(seller, record, attachment) == scans.scan_of(quote["document_no"])


def a_seller(world: World) -> Person:
    """The tenant's seller, as the demo signs in."""
    urls = dict.fromkeys(world.workers, "")
    token = tokens.sign(world.tenant)
    return Person(world.http, urls, {}, token)


async def fetched(world: World, url: str) -> httpx.Response:
    return await world.http.get(url)
