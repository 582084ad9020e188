"""A sample opportunity, of an account of its own."""

from testkit.samples import Body, Maker, Sample


async def opportunity(maker: Maker) -> Body:
    account = await maker.post("/accounts", {"name": "上海示例有限公司", "confirmed": True})
    return {"account_id": account["id"], "name": "年度采购"}


SAMPLES = {
    "l2o.opportunity": Sample(body=opportunity, patch={"name": "二期扩容"}),
}
