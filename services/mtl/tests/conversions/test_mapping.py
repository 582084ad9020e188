"""The mapping from leads to records: the default, published versions, trials and the preview."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.conversions.answers import deadline, start, wait
from services.mtl.tests.factories import create, create_qualified, problem, violations
from testkit.directory import sign_in
from testkit.plugin import PublishedFacts

NAMES = [
    {"target": "account.name", "sources": ["company", "name"]},
    {"target": "contact.name", "sources": ["name", "company"]},
]
PERSON = {
    "name": "王芳",
    "company": "远景科技",
    "job_title": "信息化主管",
    "industry": "软件",
    "country": "CN",
    "phone": "13800138000",
    "work_phone": "021-64372345",
    "other_email": "w@example.com",
    "budget": {"amount": "120000", "currency": "CNY"},
    "expected_on": "2027-03-31",
}


def mapping(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"fields": [*NAMES, *fields]}


async def publish(client: AsyncClient, content: dict[str, Any], based_on: int = 0) -> int:
    body = {"mapping": content, "based_on": based_on, "note": "试行"}
    answer = await client.post("/conversion-mapping/versions", json=body)
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["number"]
    return number


async def add_field(client: AsyncClient, key: str, kind: str, **more: Any) -> None:
    field = {"resource": "mtl.lead", "key": key, "type": kind, "label_zh": key, "label_en": key}
    assert (await client.post("/custom-fields", json={**field, **more})).status_code == 201


async def test_by_default_the_records_get_what_l2o_has_fields_for(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client, **PERSON)
    preview = (await client.post(f"/leads/{lead_id}/convert/preview")).json()
    expected: dict[str, dict[str, Any]] = {
        "account": {
            "name": "远景科技",
            "phone": "+862164372345",
            "industry": "软件",
            "country": "CN",
        },
        "contact": {
            "name": "王芳",
            "title": "信息化主管",
            "phone": "+8613800138000",
            "email": "w@example.com",
        },
        "opportunity": {
            "name": "远景科技",
            "amount": {"amount": "120000", "currency": "CNY"},
            "expected_close_date": "2027-03-31",
        },
    }
    assert {name: preview[name] for name in expected} == expected
    assert (preview["mapping_version"], preview["failures"]) == (0, [])
    await start(client, lead_id)
    payload = (await published())[-1].payload
    assert payload["account_fields"] == expected["account"]
    assert payload["contact_fields"] == expected["contact"]
    name = expected["opportunity"].pop("name")
    assert (payload["opportunity_name"], payload["opportunity_fields"]) == (
        name,
        expected["opportunity"],
    )


async def test_a_published_mapping_fills_fields_and_custom_fields_with_transforms(
    client: AsyncClient, published: PublishedFacts
) -> None:
    await add_field(client, "seats", "NUMBER")
    await add_field(client, "since", "DATE")
    await add_field(client, "urgent", "BOOLEAN")
    content = mapping(
        {"target": "account.custom.seats", "sources": ["custom.seats"]},
        {"target": "account.custom.since", "sources": ["custom.since"]},
        {"target": "opportunity.custom.urgent", "sources": ["custom.urgent"]},
        {"target": "contact.custom.interest", "sources": ["attributes.interest"]},
        {
            "target": "account.industry",
            "sources": ["industry"],
            "transforms": [{"kind": "VALUE_TABLE", "table": {"软件": "IT"}, "unlisted": "KEEP"}],
        },
        {"target": "contact.roles", "constant": ["DECISION_MAKER"]},
        {"target": "opportunity.name", "sources": ["need"]},
    )
    assert await publish(client, content) == 1
    lead_id = await create_qualified(
        client,
        **PERSON,
        need="三百套 CRM",
        attributes={"interest": "CRM"},
        custom_fields={"seats": "300", "since": "2026-01-31", "urgent": True},
    )
    await start(client, lead_id)
    payload = (await published())[-1].payload
    custom = {"seats": "300", "since": "2026-01-31"}
    account = {"name": "远景科技", "industry": "IT", "custom_fields": custom}
    assert payload["account_fields"] == account
    contact = {"name": "王芳", "roles": ["DECISION_MAKER"], "custom_fields": {"interest": "CRM"}}
    assert payload["contact_fields"] == contact
    assert payload["opportunity_fields"] == {"custom_fields": {"urgent": True}}
    assert payload["opportunity_name"] == "三百套 CRM"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"fields": []}, {("/mapping/fields", "MAPPING_TARGET_MISSING")}),
        (
            mapping({"target": "account.phone", "sources": ["fone", "phone"]}),
            {("/mapping/fields/2/sources/0", "MAPPING_SOURCE_UNKNOWN")},
        ),
        (
            mapping(
                {"target": "account.colour", "sources": ["company"]},
                {"target": "account.phone", "sources": ["phone", "a.b("]},
            ),
            {
                ("/mapping/fields/2/target", "VALUE_UNKNOWN"),
                ("/mapping/fields/3/sources/1", "MAPPING_PATH_INVALID"),
            },
        ),
        (
            mapping({"target": "account.employees", "constant": "many"}),
            {("/mapping/fields/2/constant", "TYPE_INVALID")},
        ),
        ({"fields": 3}, {("/mapping/fields", "TYPE_INVALID")}),
    ],
)
async def test_a_wrong_mapping_is_refused_when_it_is_saved(
    client: AsyncClient, content: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    for path in ("check", "versions"):
        body = {"mapping": content} | ({"based_on": 0} if path == "versions" else {})
        answer = await client.post(f"/conversion-mapping/{path}", json=body)
        assert (answer.status_code, violations(answer)) == (422, expected), answer.text
        assert all(error["message"] for error in answer.json()["errors"])
    lead_id = (await create(client))["id"]
    tried = await client.post(f"/leads/{lead_id}/convert/preview", json={"mapping": content})
    assert (tried.status_code, violations(tried)) == (422, expected)
    assert (await client.get("/conversion-mapping")).json()["version"] == 0


async def test_versions_are_listed_compared_by_number_and_restored(client: AsyncClient) -> None:
    first = mapping({"target": "contact.title", "sources": ["job_title"]})
    assert await publish(client, first) == 1
    assert await publish(client, first) == 1  # it is in force already
    assert await publish(client, mapping(), based_on=1) == 2
    stale = {"mapping": first, "based_on": 1}
    answer = await client.post("/conversion-mapping/versions", json=stale)
    assert problem(answer) == (409, "RULE_VERSION_STALE")
    restored = await client.post("/conversion-mapping/versions/1/restore", json={"based_on": 2})
    assert (restored.json()["number"], restored.json()["restores"]) == (3, 1)
    listed = (await client.get("/conversion-mapping/versions")).json()["items"]
    assert [one["number"] for one in listed] == [3, 2, 1]
    third = (await client.get("/conversion-mapping/versions/3")).json()
    current = (await client.get("/conversion-mapping")).json()
    assert (current["version"], current["mapping"]) == (3, first) == (3, third["mapping"])
    labels = {one["name"]: one["label"] for one in current["targets"]}
    assert labels["contact.title"] == "Contact job title"
    assert {"company", "custom", "attributes"} <= set(current["sources"])
    assert problem(await client.get("/conversion-mapping/versions/9"))[0] == 404
    assert (await client.get(f"/conversion-mapping/versions/{2**31}")).status_code == 422


async def test_a_lead_that_cannot_be_mapped_is_not_converted_and_the_preview_says_why(
    client: AsyncClient,
) -> None:
    dates = {"kind": "DATE", "format": "%Y/%m/%d"}
    await publish(
        client,
        mapping(
            {
                "target": "opportunity.engaged_date",
                "sources": ["attributes.met"],
                "transforms": [dates],
            }
        ),
    )
    lead_id = await create_qualified(client, company="远景科技", attributes={"met": "昨天"})
    refused = await client.post(f"/leads/{lead_id}/convert")
    assert problem(refused) == (409, "CONVERSION_NOT_MAPPED")
    preview = (await client.post(f"/leads/{lead_id}/convert/preview")).json()
    [failure] = preview["failures"]
    assert (failure["target"], failure["code"]) == (
        "opportunity.engaged_date",
        "MAPPING_DATE_UNREADABLE",
    )
    assert (failure["label"], failure["source"]) == ("Engage date", "attributes.met")
    assert "昨天" in failure["message"]
    tried = {"mapping": mapping()}
    preview = (await client.post(f"/leads/{lead_id}/convert/preview", json=tried)).json()
    assert (preview["failures"], preview["mapping_version"]) == ([], None)


async def test_the_preview_shows_the_records_to_create_only(client: AsyncClient) -> None:
    lead_id = await create_qualified(client, **PERSON)
    body = {"account_id": lead_id, "records": ["CONTACT"]}
    preview = (await client.post(f"/leads/{lead_id}/convert/preview", json=body)).json()
    assert (preview["account"], preview["opportunity"]) == (None, None)
    assert preview["contact"]["name"] == "王芳"


async def test_a_conversion_keeps_the_mapping_that_it_began_with(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    operation = await start(client, await create_qualified(client, **PERSON))
    converted = (await published())[-1]
    await publish(client, mapping())
    await wait(tx, operation, await deadline(tx, operation))
    again = (await published())[-1]
    assert again.type == "mtl.conversion.requested.v1"
    assert again.payload == converted.payload


async def test_managers_read_the_mapping_and_directors_publish_it(
    client: AsyncClient, tenant: UUID
) -> None:
    seller = sign_in(tenant, "li", scope="mtl.lead.read mtl.lead.write")
    reader = sign_in(tenant, "sun", scope="mtl.rule.read")
    assert (await client.get("/conversion-mapping", headers=seller)).status_code == 403
    assert (await client.get("/conversion-mapping", headers=reader)).status_code == 200
    body = {"mapping": mapping(), "based_on": 0}
    refused = await client.post("/conversion-mapping/versions", json=body, headers=reader)
    assert refused.status_code == 403
