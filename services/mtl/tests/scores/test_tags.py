"""Tags of leads: by hand, by rules and from files; lists are filtered by them."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Done
from mtl.scores.timers import rescore_leads
from parties.tags import distinct_tags
from services.mtl.tests.factories import create, finish_import, violations
from testkit.jobs import job_of
from testkit.plugin import PublishedFacts

BIG: dict[str, Any] = {
    "hit_policy": "COLLECT",
    "rows": [
        {
            "id": "big",
            "condition": {"field": "budget", "operator": "GTE", "value": "100000"},
            "outcome": {"tags": ["大单", "优先"]},
        },
        {
            "id": "fair",
            "condition": {"field": "source", "operator": "EQ", "value": "展会"},
            "outcome": {"tags": ["优先", "展会"]},
        },
    ],
}


async def publish_tags(client: AsyncClient, rules: Any, based_on: int = 0) -> None:
    body = {"rules": rules, "based_on": based_on, "note": "tags"}
    answer = await client.post("/rule-sets/lead_tags/versions", json=body)
    assert answer.status_code == 201, answer.text


async def found(client: AsyncClient, tag: str) -> list[str]:
    answer = await client.get("/leads", params={"tag": tag, "sort": "company"})
    assert answer.status_code == 200, answer.text
    return [one["company"] for one in answer.json()["items"]]


def test_of_spellings_in_other_cases_the_first_is_kept() -> None:
    assert distinct_tags(["VIP", "vip", "Key", "KEY", "重点"]) == ("VIP", "Key", "重点")


async def test_tags_are_given_by_hand_and_filtered(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead = await create(client, company="a", tags=[" VIP ", "vip", "华东"])
    assert (lead["tags"], lead["rule_tags"]) == (["VIP", "华东"], [])
    await create(client, company="b", tags=["华东"])
    assert await found(client, "华东") == ["a", "b"]
    assert await found(client, "ＶＩＰ") == ["a"]
    edited = await client.patch(f"/leads/{lead['id']}", json={"tags": ["华南"]})
    assert edited.json()["tags"] == ["华南"]
    assert await found(client, "VIP") == []
    assert (await published())[-1].payload["lead"]["tags"] == ["华南"]
    cleared = await client.patch(f"/leads/{lead['id']}", json={"tags": []})
    assert cleared.json()["tags"] == []


async def test_rules_tag_new_and_edited_and_stored_leads(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    stored = await create(client, company="old", source="展会", tags=["手工"])
    await publish_tags(client, BIG)
    budget = {"amount": "100000", "currency": "CNY"}
    lead = await create(client, company="new", source="展会", budget=budget)
    assert lead["rule_tags"] == ["大单", "优先", "展会"]
    poorer = await client.patch(f"/leads/{lead['id']}", json={"budget": None})
    assert poorer.json()["rule_tags"] == ["优先", "展会"]
    [job] = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_rescoring"))).all()
    assert await rescore_leads(tx, job_of(job)) == Done()
    assert await found(client, "优先") == ["new", "old"]
    after = (await client.get(f"/leads/{stored['id']}")).json()
    assert (after["tags"], after["rule_tags"]) == (["手工"], ["优先", "展会"])
    path = f"/leads/{stored['id']}/rule-sets/lead_tags/explanation"
    verdicts = {one["row_id"]: one["verdict"] for one in (await client.get(path)).json()["rows"]}
    assert verdicts == {"big": "NOT_MATCHED", "fair": "COUNTED"}


async def test_outcomes_without_tags_are_refused(client: AsyncClient) -> None:
    rules = {**BIG, "rows": [{**BIG["rows"][0], "outcome": {"tags": [], "colour": "red"}}]}
    answer = await client.post("/rule-sets/lead_tags/check", json={"rules": rules})
    assert violations(answer) == {
        ("/rules/rows/0/outcome/tags", "TOO_SHORT"),
        ("/rules/rows/0/outcome/colour", "UNKNOWN_FIELD"),
    }


async def test_bad_tags_are_refused_together(client: AsyncClient) -> None:
    many = [f"tag {n}" for n in range(21)]
    for tags in (many, ["x" * 61, ""], "vip", [1]):
        answer = await client.post("/leads", json={"company": "a", "tags": tags})
        assert answer.status_code == 422, tags
        assert all(pointer.startswith("/tags") for pointer, _ in violations(answer))


async def test_a_file_adds_tags(client: AsyncClient, tx: AsyncConnection, tenant: UUID) -> None:
    first = "公司,系统,外部编号,标签\n甲,erp,1,重点；展会\n".encode()
    again = '公司,系统,外部编号,标签\n甲,erp,1,"展会,回访"\n'.encode()
    mapping = {"系统": "external_system"}
    await finish_import(client, tx, tenant, first, mapping=mapping)
    await finish_import(client, tx, tenant, again, mapping=mapping)
    [lead] = (await client.get("/leads?tag=回访")).json()["items"]
    assert lead["tags"] == ["重点", "展会", "回访"]
