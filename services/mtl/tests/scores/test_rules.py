"""The score and grade of leads: by rules in force, anew after they change, explained."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Done
from mtl.leads.actions import scoring
from mtl.scores.timers import rescore_leads
from services.mtl.tests.factories import create, problem, violations
from testkit.jobs import job_of
from testkit.plugin import PublishedFacts

PATH = "/rule-sets/lead_score"


def row(name: str, field: str, operator: str, value: Any, points: int, **more: Any) -> Any:
    condition = {"field": field, "operator": operator, "value": value}
    return {"id": name, "condition": condition, "points": points, **more}


RULES: dict[str, Any] = {
    "hit_policy": "SUM",
    "rows": [
        row("manager", "job_title", "CONTAINS", "经理", 30, group="person"),
        row("director", "job_title", "CONTAINS", "总", 40, group="person"),
        row("large", "company_size", "IN", ["FROM_500", "FROM_1000", "FROM_10000"], 30),
        row("mail", "has_email", "EQ", True, 10),
        row("rich", "budget", "GTE", "100000", 20),
        row("student", "industry", "EQ", "教育", -50),
    ],
    "caps": {"person": 50},
}


async def publish(client: AsyncClient, rules: Any, based_on: int = 0) -> dict[str, Any]:
    body = {"rules": rules, "based_on": based_on, "note": "autumn"}
    answer = await client.post(f"{PATH}/versions", json=body)
    assert answer.status_code == 201, answer.text
    version: dict[str, Any] = answer.json()
    return version


def score(lead: dict[str, Any]) -> tuple[int | None, str | None]:
    return lead["score"], lead["grade"]


async def test_a_lead_has_no_score_before_there_are_rules(client: AsyncClient) -> None:
    assert score(await create(client, company="a", job_title="总经理")) == (None, None)


async def test_points_are_capped_summed_and_graded(client: AsyncClient) -> None:
    """经理 30 + 总 40 capped at 50, large 30, mail 10, budget 20: 110, of which 100 count."""
    await publish(client, RULES)
    best = {
        "company": "a",
        "job_title": "总经理",
        "company_size": "FROM_500",
        "email": "w@example.com",
        "budget": {"amount": "100000", "currency": "CNY"},
    }
    lead = await create(client, **best)
    assert score(lead) == (100, "A")
    fallen = await client.patch(f"/leads/{lead['id']}", json={"budget": None, "email": None})
    assert score(fallen.json()) == (80, "A")
    again = await client.patch(f"/leads/{lead['id']}", json={"company_size": None})
    assert score(again.json()) == (50, "C")
    assert score(await create(client, industry="教育", company="x")) == (0, "D")


async def test_the_list_is_sorted_by_score_and_filtered_by_grade(client: AsyncClient) -> None:
    unscored = await create(client, company="none")
    await publish(client, RULES)
    manager = await create(client, company="a", job_title="经理", company_size="FROM_500")
    poor = await create(client, company="b")
    page = (await client.get("/leads?sort=-score")).json()["items"]
    assert [one["id"] for one in page] == [manager["id"], poor["id"], unscored["id"]]
    found = (await client.get("/leads?grade=B")).json()["items"]
    assert [one["id"] for one in found] == [manager["id"]]


async def test_publishing_scores_the_stored_leads_anew(
    client: AsyncClient,
    tx: AsyncConnection,
    published: PublishedFacts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scoring, "RESCORED_AT_ONCE", 2)
    leads = [await create(client, company=f"c{n}", job_title="经理") for n in range(3)]
    other = await create(client, company="other")
    await client.delete(f"/leads/{other['id']}")
    await publish(client, RULES)
    [job] = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_rescoring"))).all()
    first = await rescore_leads(tx, job_of(job))
    assert not isinstance(first, Done)
    last = await rescore_leads(tx, replace(job_of(job), payload=first.payload))
    assert last == Done()
    for lead in leads:
        assert score((await client.get(f"/leads/{lead['id']}")).json()) == (30, "D")
    scored = [event for event in await published() if event.type == "mtl.lead.scored.v1"]
    assert sorted(UUID(str(event.payload["lead"]["lead_id"])) for event in scored) == sorted(
        UUID(lead["id"]) for lead in leads
    )
    assert {event.payload["lead"]["grade"] for event in scored} == {"D"}
    again = await rescore_leads(tx, job_of(job))
    assert not isinstance(again, Done)
    assert len([e for e in await published() if e.type == "mtl.lead.scored.v1"]) == 3


async def test_a_version_is_based_on_the_latest_one(client: AsyncClient) -> None:
    first = await publish(client, RULES)
    assert (first["number"], first["restores"]) == (1, None)
    assert await publish(client, RULES, based_on=0) == first  # the same rules again
    fewer = {**RULES, "rows": RULES["rows"][:2]}
    stale = await client.post(f"{PATH}/versions", json={"rules": fewer, "based_on": 0})
    assert problem(stale) == (409, "RULE_VERSION_STALE")
    assert (await publish(client, fewer, based_on=1))["number"] == 2
    restored = await client.post(f"{PATH}/versions/1/restore", json={"based_on": 2})
    assert (restored.json()["number"], restored.json()["restores"]) == (3, 1)
    versions = (await client.get(f"{PATH}/versions")).json()["items"]
    assert [one["number"] for one in versions] == [3, 2, 1]
    second = (await client.get(f"{PATH}/versions/2")).json()
    assert [one["id"] for one in second["changes"]["removed"]] == [
        "large",
        "mail",
        "rich",
        "student",
    ]
    assert (await client.get(f"{PATH}/versions/9")).status_code == 404
    for number in ("0", "99999999999999999999", "x"):
        assert (await client.get(f"{PATH}/versions/{number}")).status_code == 422
    assert (await client.get("/rule-sets/colours")).status_code == 404


async def test_wrong_rules_are_refused_with_every_violation(client: AsyncClient) -> None:
    wrong = {
        "hit_policy": "SUM",
        "rows": [
            row("a", "colour", "EQ", "red", 5),
            row("b", "budget", "CONTAINS", "1", 5),
            row("c", "company_size", "EQ", "HUGE", 5),
            row("c", "has_email", "EQ", True, 5),
        ],
    }
    for path in ("check", "dry-run", "versions"):
        body = {"rules": wrong, **({"based_on": 0} if path == "versions" else {})}
        answer = await client.post(f"{PATH}/{path}", json=body)
        assert answer.status_code == 422
        assert violations(answer) == {
            ("/rules/rows/0/condition/field", "RULE_FIELD_UNKNOWN"),
            ("/rules/rows/1/condition/operator", "RULE_OPERATOR_UNFIT"),
            ("/rules/rows/2/condition/value", "VALUE_UNKNOWN"),
            ("/rules/rows/3/id", "RULE_ROW_ID_TWICE"),
        }
    first = {"hit_policy": "FIRST", "rows": []}
    answer = await client.post(f"{PATH}/check", json={"rules": first})
    assert violations(answer) == {("/rules/hit_policy", "RULE_POLICY_FIXED")}


async def test_a_dry_run_counts_what_would_change(client: AsyncClient) -> None:
    await publish(client, RULES)
    manager = await create(client, company="a", job_title="经理")
    await create(client, company="b")
    other = {"hit_policy": "SUM", "rows": [row("manager", "job_title", "CONTAINS", "经理", 70)]}
    found = (await client.post(f"{PATH}/dry-run", json={"rules": other})).json()
    assert (found["records"], found["changed"], found["is_complete"]) == (2, 1, True)
    assert found["changes"] == [{"before": 30, "after": 70, "records": 1}]
    [example] = found["examples"]
    assert (example["record_id"], example["record_name"]) == (manager["id"], "a")
    assert (await client.get(PATH)).json()["version"] == 1


async def test_a_score_is_explained_row_by_row(client: AsyncClient) -> None:
    await publish(client, RULES)
    lead = await create(client, company="a", job_title="经理")
    path = f"/leads/{lead['id']}/rule-sets/lead_score/explanation"
    found = (await client.get(path)).json()
    assert (found["version"], found["result"]) == (1, 30)
    rows = {one["row_id"]: (one["verdict"], one["points"]) for one in found["rows"]}
    assert rows["manager"] == ("COUNTED", 30)
    assert rows["large"] == ("NOT_MATCHED", 0)
    [large] = [one for one in found["rows"] if one["row_id"] == "large"]
    assert (large["failed"][0]["field"], large["failed"][0]["found"]) == ("company_size", None)


async def test_rules_may_read_custom_fields_until_these_are_deleted(client: AsyncClient) -> None:
    labels = {"label_zh": "级别", "label_en": "Level"}
    field = {"resource": "mtl.lead", "key": "level", "type": "NUMBER", **labels}
    created = (await client.post("/custom-fields", json=field)).json()
    rules = {"hit_policy": "SUM", "rows": [row("high", "custom.level", "GTE", "3", 60)]}
    await publish(client, rules)
    lead = await create(client, company="a", custom_fields={"level": "3"})
    assert score(lead) == (60, "B")
    assert score(await create(client, company="b")) == (0, "D")
    fields = {one["name"] for one in (await client.get(PATH)).json()["fields"]}
    assert "custom.level" in fields
    assert created["key"] == "level"


@pytest.mark.parametrize(("language", "label"), [("zh-CN", "线索评分"), ("en", "Lead score")])
async def test_rule_sets_have_names_in_both_languages(
    client: AsyncClient, language: str, label: str
) -> None:
    headers = {"Accept-Language": language}
    found = (await client.get("/rule-sets", headers=headers)).json()["rule_sets"]
    assert found[0] == {"name": "lead_score", "label": label, "version": 0}


async def test_two_publishers_at_once_make_one_version(committed_client: AsyncClient) -> None:
    bodies = [
        {"rules": {"hit_policy": "SUM", "rows": [row("a", "source", "EQ", "x", n)]}, "based_on": 0}
        for n in range(8)
    ]
    answers = await asyncio.gather(
        *(committed_client.post(f"{PATH}/versions", json=body) for body in bodies)
    )
    assert sorted(one.status_code for one in answers) == [201] + [409] * 7
    versions = (await committed_client.get(f"{PATH}/versions")).json()["items"]
    assert [one["number"] for one in versions] == [1]
