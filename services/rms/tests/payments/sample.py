"""A sample payment."""

from services.rms.tests.factories import add_account
from testkit.directory import subject
from testkit.samples import Body, Maker, Sample


async def payment(maker: Maker) -> Body:
    async with maker.begin() as tx:
        account_id = await add_account(tx, owner_id=subject("li"))
    return {
        "account_id": str(account_id),
        "bank_reference": "ICBC-1",
        "amount": {"amount": "100.00", "currency": "CNY"},
        "received_date": "2026-01-05",
    }


SAMPLES = {
    "rms.payment": Sample(body=payment, patch={"note": "首付款"}, unique="bank_reference"),
}
