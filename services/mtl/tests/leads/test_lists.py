"""Lists of leads: filters, sorts, search and invalid parameters."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient

from services.mtl.tests.factories import violations
from testkit.tokens import bearer


async def capture(client: AsyncClient, headers: dict[str, str], lead: dict[str, str]) -> str:
    lead_id: str = (await client.post("/leads", json=lead, headers=headers)).json()["id"]
    return lead_id


async def listed_ids(client: AsyncClient, headers: dict[str, str], query: str) -> set[str]:
    items = (await client.get(f"/leads?{query}", headers=headers)).json()["items"]
    return {item["id"] for item in items}


async def test_lists_are_filtered_sorted_and_searched(client: AsyncClient, tenant: UUID) -> None:
    li = bearer(tenant, sub="li", scope="mtl.lead.read mtl.lead.write")
    bodies = [
        {"company": "远景科技", "name": "王芳", "phone": "13800138000", "source": "展会"},
        {"company": "長沙銀行", "name": "李雷", "phone": "13900139000", "source": "官网"},
        {"company": "Acme", "external_id": "EXPO-1", "email": "a@example.com"},
    ]
    wang, bank, acme = [await capture(client, li, body) for body in bodies]
    await client.post(f"/leads/{bank}/qualify", headers=li)
    year = datetime.now(ZoneInfo("Asia/Shanghai")).year
    for query, expected in {
        "q=远景": {wang},
        "q=长沙": {bank},
        "q=csyh": {bank},
        "q=wf": {wang},
        "phone_tail=8000": {wang},
        "phone=%2B8613900139000": {bank},
        "phone__isnull=true": {acme},
        "email=a@example.com": {acme},
        "external_id__startswith=EXPO": {acme},
        "source__in=展会,官网": {wang, bank},
        "status=SQL": {bank},
        "company__startswith=远": {wang},
        "name__isnull=true": {acme},
        "converted_at__isnull=true": {wang, bank, acme},
        f"created_at__gte={year}-01-01T00:00:00Z": {wang, bank, acme},
        f"created_at__lt={year}-01-01T00:00:00Z": set(),
        "owner_id=zheng": set(),
    }.items():
        assert await listed_ids(client, li, query) == expected, query

    async def ordered(sort: str) -> list[str]:
        items = (await client.get(f"/leads?sort={sort}", headers=li)).json()["items"]
        return [item["id"] for item in items]

    assert await ordered("created_at") == [wang, bank, acme]
    assert await ordered("-updated_at") == [bank, acme, wang]
    assert await ordered("company") == [acme, wang, bank]
    assert (await ordered("name"))[0] == acme
    [only] = (await client.get("/leads?fields=company&q=acme", headers=li)).json()["items"]
    assert only == {"id": acme, "company": "Acme"}


@pytest.mark.parametrize(
    ("query", "violation"),
    [
        ("sort=phone", ("?sort", "VALUE_UNKNOWN")),
        ("sort=status", ("?sort", "VALUE_UNKNOWN")),
        ("fields=secret", ("?fields", "VALUE_UNKNOWN")),
        ("attributes=x", ("?attributes", "UNKNOWN_FIELD")),
        ("account_id=x", ("?account_id", "ID_INVALID")),
        ("custom.colour=red", ("?custom.colour", "UNKNOWN_FIELD")),
        ("q=", ("?q", "TOO_SHORT")),
    ],
)
async def test_invalid_query_parameters_are_refused(
    client: AsyncClient, query: str, violation: tuple[str, str]
) -> None:
    answer = await client.get(f"/leads?{query}")
    assert (answer.status_code, violations(answer)) == (422, {violation})
