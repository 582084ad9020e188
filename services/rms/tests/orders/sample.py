"""A sample order, confirmed."""

from services.rms.tests.factories import add_account, add_opportunity, add_order, make_quote
from testkit.directory import subject
from testkit.samples import Maker, Sample


async def order(maker: Maker) -> str:
    quote = make_quote(owner_id=subject("li"))
    async with maker.begin() as tx:
        await add_account(tx, quote.account_id, owner_id=subject("li"))
        await add_opportunity(tx, quote.opportunity_id)
        return str(await add_order(tx, quote, confirmed=True))


SAMPLES = {
    "rms.order": Sample(make=order, patch={"note": "对账后付款"}),
}
