"""A sample receivable, of the shipment of an order."""

from services.rms.tests.orders.sample import order
from testkit.samples import Maker, Sample


async def receivable(maker: Maker) -> str:
    shipment = await maker.post(f"/orders/{await order(maker)}/shipments", {})
    return str(shipment["receivable_id"])


SAMPLES = {
    "rms.receivable": Sample(make=receivable, patch={"note": "对账后付款"}),
}
