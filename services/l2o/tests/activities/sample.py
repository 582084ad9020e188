"""A sample activity, of an account of its own."""

from testkit.samples import Body, Maker, Sample


async def activity(maker: Maker) -> Body:
    account = await maker.post("/accounts", {"name": "上海示例有限公司"})
    return {
        "account_id": account["id"],
        "kind": "CALL",
        "at": "2026-11-20T02:00:00Z",
        "subject": "对方在开会",
    }


SAMPLES = {
    "l2o.activity": Sample(body=activity, patch={"subject": "对方要求报价"}),
}
