"""Who followed up how often: the counts equal what the list holds, for whoever sees it."""

from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import create, note, problem, violations
from testkit.directory import Company, sign_in, subject

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOVEMBER = "from=2026-11-01&to=2026-12-01"
SELLER = "mtl.lead.read mtl.lead.write mtl.follow_up.read mtl.follow_up.write"


async def activity(client: AsyncClient, query: str, **options: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/follow-ups/activity?{query}", **options)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


def day_of(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(SHANGHAI).date().isoformat()


async def test_days_are_those_of_the_tenant_and_half_open(client: AsyncClient) -> None:
    lead_id = (await create(client))["id"]
    # Shanghai is 8 hours ahead: the first instant of the 20th, and the last one before it.
    await note(client, lead_id, at="2026-11-19T16:00:00Z", result="REACHED")
    await note(client, lead_id, at="2026-11-19T15:59:59Z", result="NOT_REACHED")
    await note(client, lead_id, at="2026-11-20T15:59:59Z", kind="NOTE")
    rows = await activity(client, "from=2026-11-20&to=2026-11-21")
    shown = [(r["day"], r["kind"], r["count"], r["reached"]) for r in rows]
    assert shown == [("2026-11-20", "CALL", 1, 1), ("2026-11-20", "NOTE", 1, 0)]


async def test_the_counts_equal_the_list_of_each_caller(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    people = {name: sign_in(tenant, name, scope=SELLER) for name in Company.names}
    number = 0
    for name in ("li", "zheng", "wang"):
        made = await client.post("/leads", json={"company": name}, headers=people[name])
        for kind, result in (("CALL", "REACHED"), ("CALL", "NOT_REACHED"), ("VISIT", "DONE")):
            for _ in range(3):
                number += 1
                body = {
                    "lead_id": made.json()["id"],
                    "kind": kind,
                    "result": result,
                    "at": f"2026-11-{10 + number % 5}T{number % 24:02}:00:00Z",
                }
                answer = await client.post("/follow-ups", json=body, headers=people[name])
                assert answer.status_code == 201
        await client.delete(f"/follow-ups/{answer.json()['id']}", headers=people[name])
    for name, visible in (("li", 8), ("sun", 8), ("qian", 16), ("zhao", 24), ("bei", 0)):
        headers = people[name]
        listed = await client.get("/follow-ups?limit=200", headers=headers)
        items = listed.json()["items"]
        assert len(items) == visible
        expected = Counter((day_of(i["at"]), i["owner_id"], i["kind"]) for i in items)
        rows = await activity(client, NOVEMBER, headers=headers)
        assert {(r["day"], r["owner_id"], r["kind"]): r["count"] for r in rows} == expected
        assert sum(r["reached"] for r in rows) == sum(i["result"] == "REACHED" for i in items)
    mine = await activity(client, f"{NOVEMBER}&owner_id={subject('li')}", headers=people["qian"])
    assert {r["owner_id"] for r in mine} == {subject("li")}
    assert {r["owner_name"] for r in mine} == {"li"}
    assert sum(r["count"] for r in mine) == 8


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("from=2026-11-02&to=2026-11-02", ("?to", "PERIOD_EMPTY")),
        ("from=2026-01-01&to=2026-11-02", ("?to", "PERIOD_TOO_LONG")),
        ("from=2026-11-02&to=2026-11-03&sales=1", ("?sales", "UNKNOWN_FIELD")),
        (f"from={date.max}&to=2026-11-03", ("?from", "DAY_OUT_OF_RANGE")),
    ],
)
async def test_a_period_is_bounded(client: AsyncClient, query: str, error: tuple[str, str]) -> None:
    refused = await client.get(f"/follow-ups/activity?{query}")
    assert refused.status_code == 422
    assert violations(refused) == {error}


async def test_activity_needs_the_scope_to_read(client: AsyncClient, tenant: UUID) -> None:
    headers = sign_in(tenant, "li", scope="mtl.lead.read")
    refused = await client.get(f"/follow-ups/activity?{NOVEMBER}", headers=headers)
    assert problem(refused) == (403, "SCOPE_MISSING")
