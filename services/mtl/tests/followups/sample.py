"""A sample follow-up, of a lead of its own."""

from testkit.samples import Body, Maker, Sample


async def follow_up(maker: Maker) -> Body:
    lead = await maker.post("/leads", {"company": "远景科技"})
    return {
        "lead_id": lead["id"],
        "kind": "CALL",
        "at": "2026-11-20T02:00:00Z",
        "summary": "对方在开会",
    }


SAMPLES = {
    "mtl.follow_up": Sample(body=follow_up, patch={"summary": "对方要求报价"}),
}
