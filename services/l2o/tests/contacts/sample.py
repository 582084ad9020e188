"""A sample contact, of an account of its own."""

from testkit.samples import Body, Maker, Sample


async def contact(maker: Maker) -> Body:
    account = await maker.post("/accounts", {"name": "上海示例有限公司", "confirmed": True})
    return {"account_id": account["id"], "name": "王伟"}


SAMPLES = {
    "l2o.contact": Sample(body=contact, patch={"name": "李芳"}),
}
