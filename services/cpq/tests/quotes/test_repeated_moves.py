"""Moves of a quote that were made already: an equal request answers, another one is refused."""

from typing import Any

from services.cpq.tests.factories import Shop, create_quote
from services.cpq.tests.quotes.test_revisions import Client, assert_refused, create_sent_quote
from testkit.plugin import PublishedFacts


async def test_the_edit_of_a_second_reviser_is_refused(client: Client, shop: Shop) -> None:
    """Both saw the same quote: the second must not get the first one's revision as a success."""
    quote = await create_sent_quote(client, shop)
    path, tag = f"/quotes/{quote['id']}/revise", {"If-Match": f'"{quote["version"]}"'}

    def quantity(value: str) -> dict[str, Any]:
        return {"lines": [{"product_id": str(shop.product.id), "quantity": value}]}

    first = await client.post(path, json=quantity("5"), headers=tag)
    assert first.status_code == 201, first.text
    await assert_refused(
        await client.post(path, json=quantity("9"), headers=tag), 412, "STALE_COPY"
    )
    again = await client.post(path, json=quantity("5"), headers=tag)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    await assert_refused(await client.post(path, json=quantity("9")), 409, "MOVE_MADE_OTHERWISE")
    await assert_refused(await client.post(path, json={}), 409, "MOVE_MADE_OTHERWISE")


async def test_a_rejected_quote_keeps_its_first_reason(
    client: Client, shop: Shop, published: PublishedFacts
) -> None:
    quote = await create_quote(client, shop.body())
    path = f"/quotes/{quote['id']}"
    await assert_refused(
        await client.post(f"{path}/reject", json={"reason": "x"}), 409, "QUOTE_NOT_SENT"
    )
    await client.post(f"{path}/send")
    for reason in ("", "  ", None, "x" * 501):
        answer = await client.post(f"{path}/reject", json={"reason": reason})
        assert answer.status_code == 422
    first = await client.post(f"{path}/reject", json={"reason": " 价格高于预算 "})
    assert (first.json()["status"], first.json()["rejected_reason"]) == ("REJECTED", "价格高于预算")
    assert (
        await client.post(f"{path}/reject", json={"reason": "价格高于预算"})
    ).json() == first.json()
    other = await client.post(f"{path}/reject", json={"reason": "别的"})
    await assert_refused(other, 409, "MOVE_MADE_OTHERWISE")
    await assert_refused(await client.post(f"{path}/send"), 409, "QUOTE_REJECTED")
    await assert_refused(await client.post(f"{path}/accept"), 409, "QUOTE_REJECTED")
    revision = await client.post(f"{path}/revise", json={})
    assert (revision.status_code, revision.json()["revision"]) == (201, 2)
    fact = (await published())[2]
    assert (fact.type, fact.payload["reason"]) == ("cpq.quote.rejected.v1", "价格高于预算")
