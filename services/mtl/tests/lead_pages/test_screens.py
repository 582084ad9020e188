"""A list page of leads takes two calls, and the page of one lead two: with all names and texts."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.conversions.neighbours import add_account
from services.mtl.tests.factories import create, note, problem
from services.mtl.tests.pools.factories import make_pool, put_in
from services.mtl.tests.recyclings.factories import SEVEN_DAYS, publish
from testkit.directory import Company, sign_in, subject

SELLER = "mtl.lead.read mtl.lead.write mtl.follow_up.read mtl.follow_up.write mtl.pool.read"
VISION = "杭州远景科技有限公司"


@dataclass
class Screen:
    """What a page reads, and how many calls it takes for that."""

    client: AsyncClient
    headers: dict[str, str]
    calls: int = field(default=0)

    async def read(self, path: str) -> dict[str, Any]:
        answer = await self.client.get(path, headers=self.headers)
        assert answer.status_code == 200, answer.text
        self.calls += 1
        found: dict[str, Any] = answer.json()
        return found


def ids_without_names(value: Any, path: str = "") -> list[str]:
    """Return the ids of people and records in an answer that have no name beside them."""
    if isinstance(value, list):
        return [one for item in value for one in ids_without_names(item, path)]
    if not isinstance(value, dict):
        return []
    named = [
        f"{path}/{name}"
        for name in ("owner_id", "pool_id", "account_id", "contact_id", "returning_account_id")
        if value.get(name) is not None and not value.get(name.removesuffix("_id") + "_name")
    ]
    return named + [
        one for name, part in value.items() for one in ids_without_names(part, f"{path}/{name}")
    ]


async def prepared(client: AsyncClient, tx: AsyncConnection) -> str:
    """Return a lead of li with a next step, a clock, a duplicate and an account like it."""
    await Company(tx).build()
    await publish(client, SEVEN_DAYS)
    lead = await create(client, company=VISION, name="王芳", owner_id=subject("li"))
    await note(
        client, lead["id"], kind="CALL", summary="介绍", next_step="报价", next_step_on="2026-12-24"
    )
    await create(client, company="远景科技", name="王芳", owner_id=subject("zheng"))
    await add_account(tx, "远景科技", owner_id=subject("zhou"))
    pool_id = await make_pool(client, "team A")
    await put_in(client, pool_id, company="宏图物流")
    lead_id: str = lead["id"]
    return lead_id


async def test_a_list_page_takes_two_calls(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    lead_id = await prepared(client, tx)
    screen = Screen(client, sign_in(tenant, "li", scope=SELLER))
    page = await screen.read("/leads?count_by=status&include_total=true&limit=50")
    pools = await screen.read("/pools/mine")
    assert screen.calls <= 2
    [row] = page["items"]
    assert row["id"] == lead_id
    shown = ("owner_name", "next_step_on", "falls_back_at", "follow_up_count")
    assert [row[name] is not None for name in shown] == [True] * 4
    assert "grade" in row
    assert ids_without_names(page) == []
    assert [one["value"] for one in page["counts"] if one["count"]] == ["RAW"]
    assert [one["waiting"] for one in pools["pools"]] == [1]


async def test_the_page_of_a_lead_takes_two_calls(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    lead_id = await prepared(client, tx)
    screen = Screen(client, sign_in(tenant, "li", scope=SELLER) | {"Accept-Language": "zh-CN"})
    page = await screen.read(f"/leads/{lead_id}/page")
    trail = await screen.read(f"/leads/{lead_id}/timeline")
    assert screen.calls <= 3
    assert ids_without_names([page, trail]) == []
    assert page["lead"] == await screen.read(f"/leads/{lead_id}")
    assert page["access"] == await screen.read(f"/leads/{lead_id}/access")
    assert page["clock"] == await screen.read(f"/leads/{lead_id}/clock")
    assert page["like"] == await screen.read(f"/leads/{lead_id}/duplicates")
    assert page["moves"] == (await screen.read(f"/leads/{lead_id}/moves"))["moves"]
    assert page["access"]["mine"]["write"] is True
    [hidden] = page["like"]["duplicates"]
    assert (hidden["lead_id"], hidden["owner_name"], hidden["score"]) == (None, "zheng", 100)
    assert page["like"]["accounts"][0]["owner_name"] == "zhou"
    forbidden = [one["why_not"] for one in page["moves"] if not one["allowed"]]
    assert forbidden
    assert all(text and not text.isascii() for text in forbidden)
    titles = [one["title"] for one in trail["items"]]
    assert len(titles) >= 2
    texts = "".join([*titles, *forbidden, page["clock"]["state_text"]])
    assert not any(word in texts for word in ("RAW", "CALL", "NO_FOLLOW_UP", lead_id))


async def test_a_page_that_is_not_seen_or_does_not_exist_is_not_found(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    lead_id = await prepared(client, tx)
    stranger = sign_in(tenant, "zheng", scope=SELLER)
    answer = await client.get(f"/leads/{lead_id}/page", headers=stranger)
    assert problem(answer) == (404, "LEAD_NOT_FOUND")
    assert (await client.get("/leads/x/page")).status_code == 422
    survivor = await create(client, company="远景", owner_id=subject("li"))
    version = (await client.get(f"/leads/{lead_id}")).json()["version"]
    merge = {"leads": [{"lead_id": lead_id, "version": version}]}
    merged = await client.post(f"/leads/{survivor['id']}/merge", json=merge)
    assert merged.status_code == 200, merged.text
    moved = await client.get(f"/leads/{lead_id}/page")
    assert moved.status_code == 307
    assert moved.headers["Location"].endswith(f"/leads/{survivor['id']}/page")
