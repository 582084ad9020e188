"""A sample quote."""

from services.cpq.tests.factories import open_shop
from testkit.directory import subject
from testkit.samples import Body, Maker, Sample


async def quote(maker: Maker) -> Body:
    async with maker.begin() as tx:
        shop = await open_shop(tx, owner_id=subject("li"))
    return shop.body()


SAMPLES = {
    "cpq.quote": Sample(body=quote, patch={"valid_until": "2099-12-29"}),
}
