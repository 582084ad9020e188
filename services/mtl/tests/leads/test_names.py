"""Upsert by external id, and custom fields of leads."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import CONTACT, create, create_qualified, problem, violations
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts

PATH = "/leads/by-external-id/expo/2026-0042"
EXPO = {"company": "远景科技", "phone": "13800138000", "external_id": "EXPO-1"}


async def test_an_upsert_creates_replaces_and_reads_a_lead_by_external_id(
    client: AsyncClient, published: PublishedFacts
) -> None:
    created = await client.put(PATH, json=EXPO)
    lead = created.json()
    assert (created.status_code, lead["external_id"], lead["version"]) == (201, "EXPO-1", 1)
    same = await client.put(PATH, json=EXPO)
    assert (same.status_code, same.json()) == (200, lead)
    other = await client.put(PATH, json={"company": "远景能源"})
    replaced = other.json()
    assert (replaced["id"], replaced["company"], replaced["version"]) == (lead["id"], "远景能源", 2)
    assert (replaced["phone"], replaced["external_id"]) == (None, None)
    assert (await client.get(PATH)).json() == replaced
    assert [e.type for e in await published()] == ["mtl.lead.captured.v1", "mtl.lead.changed.v1"]
    await create(client, **EXPO)


async def test_an_upsert_follows_the_same_rules_as_other_writes(client: AsyncClient) -> None:
    first = await create(client, **CONTACT)
    refused = await client.put(PATH, json={"phone": CONTACT["phone"]})
    assert problem(refused) == (409, "LEAD_DUPLICATE")
    assert refused.json()["params"]["lead_id"] == first["id"]
    assert problem(await client.get(PATH)) == (404, "LEAD_NOT_FOUND")
    assert violations(await client.put(PATH, json={"source": "展会"})) == {("", "LEAD_EMPTY")}
    converted = await create_qualified(client)
    external_ids = f"/leads/{converted}/external-ids"
    external_id = {"system": "expo", "external_id": "2026-0042"}
    assert (await client.post(external_ids, json=external_id)).status_code == 201
    await client.post(f"/leads/{converted}/convert")
    assert (await client.put(PATH, json={"company": "远景科技"})).status_code == 200
    assert problem(await client.put(PATH, json=EXPO)) == (409, "LEAD_CONVERTED")
    taken = await client.post(f"/leads/{first['id']}/external-ids", json=external_id)
    assert problem(taken) == (409, "EXTERNAL_ID_TAKEN")


async def test_an_upsert_restores_a_deleted_lead(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead = (await client.put(PATH, json=EXPO)).json()
    await client.delete(f"/leads/{lead['id']}")
    missing = await client.get(PATH)
    assert problem(missing) == (404, "LEAD_NOT_FOUND")
    assert missing.json()["params"] == {"key": "expo/2026-0042"}
    restored = await client.put(PATH, json={**EXPO, "company": "远景能源"})
    assert (restored.status_code, restored.json()["id"]) == (200, lead["id"])
    assert (await client.get(PATH)).json()["company"] == "远景能源"
    assert [e.type.split(".")[2] for e in await published()] == [
        "captured",
        "deleted",
        "restored",
        "changed",
    ]


async def test_an_upsert_does_not_restore_a_lead_whose_phone_another_lead_has(
    client: AsyncClient,
) -> None:
    lead = (await client.put(PATH, json=EXPO)).json()
    await client.delete(f"/leads/{lead['id']}")
    other = await create(client, phone=EXPO["phone"])
    refused = await client.put(PATH, json=EXPO)
    assert problem(refused) == (409, "LEAD_DUPLICATE")
    assert refused.json()["params"]["lead_id"] == other["id"]
    await client.delete(f"/leads/{other['id']}")
    assert (await client.put(PATH, json=EXPO)).json()["id"] == lead["id"]


async def test_an_external_id_does_not_disclose_an_invisible_lead(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    scope = "mtl.lead.read mtl.lead.write"
    li, zheng = (sign_in(tenant, name, scope=scope) for name in ("li", "zheng"))
    created = await client.put(PATH, json=EXPO, headers=li)
    assert created.json()["owner_id"] == subject("li")
    for method, body in (("GET", None), ("PUT", EXPO)):
        hidden = await client.request(method, PATH, json=body, headers=zheng)
        assert problem(hidden) == (404, "LEAD_NOT_FOUND")


async def test_an_upsert_older_than_the_last_one_changes_nothing(client: AsyncClient) -> None:
    def upsert_request(company: str, hour: int) -> tuple[str, dict[str, str]]:
        return f"{PATH}?source_updated_at=2026-11-22T{hour:02d}:00:00Z", {"company": company}

    for company, hour in (("B", 2), ("A", 1), ("C", 3), ("B", 2)):
        path, body = upsert_request(company, hour)
        assert (await client.put(path, json=body)).is_success
    lead = (await client.get(PATH)).json()
    assert (lead["company"], lead["version"]) == ("C", 2)


FIELD = {
    "resource": "mtl.lead",
    "key": "budget",
    "type": "NUMBER",
    "label_zh": "预算",
    "label_en": "Budget",
    "filterable": True,
    "minimum": "0",
}


async def test_custom_fields_are_stored_filtered_and_audited(
    client: AsyncClient, published: PublishedFacts
) -> None:
    assert (await client.post("/custom-fields", json=FIELD)).status_code == 201
    rich = await create(client, **CONTACT, custom_fields={"budget": "120000"})
    poor = await create(client, company="A", custom_fields={"budget": "100"})
    assert rich["custom_fields"] == {"budget": "120000"}
    assert (await published())[0].payload["lead"]["custom_fields"] == {"budget": "120000"}

    async def found_ids(query: str) -> list[str]:
        return [lead["id"] for lead in (await client.get(f"/leads?{query}")).json()["items"]]

    assert await found_ids("custom.budget__gte=1000") == [rich["id"]]
    patch = {"custom_fields": {"budget": "200000"}}
    assert (await client.patch(f"/leads/{poor['id']}", json=patch)).json()["version"] == 2
    assert await found_ids("custom.budget__gte=1000") == [poor["id"], rich["id"]]
    removal = {"custom_fields": {"budget": None}}
    lead = (await client.patch(f"/leads/{poor['id']}", json=removal)).json()
    assert lead["custom_fields"] == {}
    assert await found_ids("custom.budget__isnull=true") == [poor["id"]]
    [entry, *_] = (await client.get(f"/leads/{poor['id']}/audit")).json()["items"]
    assert entry["changes"] == [{"field": "custom_fields.budget", "from": "200000", "to": None}]


@pytest.mark.parametrize(
    ("fields", "violation"),
    [
        ({"budget": "x"}, ("/custom_fields/budget", "DECIMAL_STRING_INVALID")),
        ({"budget": 5}, ("/custom_fields/budget", "DECIMAL_STRING_INVALID")),
        ({"budget": "-1"}, ("/custom_fields/budget", "TOO_SMALL")),
        ({"colour": "red"}, ("/custom_fields/colour", "UNKNOWN_FIELD")),
        (7, ("/custom_fields", "TYPE_INVALID")),
    ],
)
async def test_invalid_custom_fields_are_refused(
    client: AsyncClient, published: PublishedFacts, fields: Any, violation: tuple[str, str]
) -> None:
    await client.post("/custom-fields", json=FIELD)
    requests = (("POST", "/leads"), ("PUT", PATH))
    for method, path in requests:
        answer = await client.request(method, path, json={**CONTACT, "custom_fields": fields})
        assert (answer.status_code, violations(answer)) == (422, {violation})
    assert await published() == []
