"""A sample price book, with the price of one product."""

from kernel.ids import new_id
from services.cpq.tests.factories import add_product
from testkit.samples import Body, Maker, Sample


async def price_book(maker: Maker) -> Body:
    async with maker.begin() as tx:
        product = await add_product(tx, sku=f"P{new_id()}")
    price = {"amount": "50.00", "currency": "CNY"}
    entry = {"product_id": str(product.id), "list_price": price, "tiers": []}
    head = {"name": "经销商价", "currency": "CNY", "valid_from": "2026-01-01"}
    return {**head, "entries": [entry]}


SAMPLES = {
    "cpq.price_book": Sample(body=price_book, patch={"name": "零售价目"}),
}
