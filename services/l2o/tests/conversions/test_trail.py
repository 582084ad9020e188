"""What led to an account or an opportunity: the trail of its lead, with counts."""

from datetime import timedelta
from typing import Any

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.mtl.events import LeadConverted, TrailEntryState
from kernel.ids import new_id
from l2o.conversions.handlers import on_lead_converted
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import NOON, add_account, lead_converted


def entry(hours: int, **fields: Any) -> TrailEntryState:
    given = {"source": "FOLLOW_UP", "title_zh": "电话：已联系上", "title_en": "Call: Reached"}
    at = NOON - timedelta(hours=hours)
    return TrailEntryState(entry_id=new_id(), at=at, actor="seller", **{**given, **fields})


def with_trail(number: int, **fields: Any) -> LeadConverted:
    trail = tuple(entry(hours, text=f"第 {hours} 次") for hours in range(number))
    counts = {"FOLLOW_UP": number, "TOUCH": 7}
    return lead_converted(trail=trail, trail_counts=counts, **fields)


async def trail(client: AsyncClient, path: str, **options: Any) -> dict[str, Any]:
    answer = await client.get(f"{path}/lead-trail", **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_account_and_opportunity_show_what_happened_to_their_lead(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    event = with_trail(3)
    for _ in range(2):
        await on_lead_converted(tx, event, meta())
    for path in (f"/accounts/{event.account_id}", f"/opportunities/{event.opportunity_id}"):
        found = await trail(client, path)
        assert (found["touch_count"], found["follow_up_count"]) == (7, 3)
        assert [one["text"] for one in found["entries"]] == ["第 0 次", "第 1 次", "第 2 次"]
        assert found["entries"][0]["title"] == "Call: Reached"
        chinese = await trail(client, path, headers={"Accept-Language": "zh-CN"})
        assert chinese["entries"][0]["title"] == "电话：已联系上"


async def test_an_account_shows_the_newest_of_all_its_leads(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    first, second = (with_trail(n, existing_account=account.id) for n in (30, 40))
    partial = with_trail(2, existing_account=account.id, records=("ACCOUNT", "CONTACT"))
    for event in (first, second, partial):
        await on_lead_converted(tx, event, meta())
    found = await trail(client, f"/accounts/{account.id}")
    assert (found["touch_count"], found["follow_up_count"]) == (21, 72)
    assert len(found["entries"]) == 50
    own = await trail(client, f"/opportunities/{first.opportunity_id}")
    assert (own["follow_up_count"], len(own["entries"])) == (30, 30)


async def test_a_rejected_conversion_leaves_no_trail(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    event = with_trail(2, existing_account=account.id, contact_id=new_id(), existing_contact=True)
    await on_lead_converted(tx, event, meta())
    nothing = {"touch_count": 0, "follow_up_count": 0, "entries": []}
    assert await trail(client, f"/accounts/{account.id}") == nothing


async def test_the_trail_of_an_unknown_account_is_not_found(client: AsyncClient) -> None:
    for path in ("accounts", "opportunities"):
        assert (await client.get(f"/{path}/{new_id()}/lead-trail")).status_code == 404
