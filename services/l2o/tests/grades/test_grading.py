"""Grading over the HTTP API: rules, accounts, lists, events, pins, who may own."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.clock import now
from chassis.records.access.tables import posts
from chassis.web.commands import Command
from l2o.grade_queues.actions import GRADING_JOB
from l2o.grades.actions import grade_account, grade_chunk
from l2o.grades.timers import grade_accounts
from l2o.opportunities.domain import Stage
from l2o.rfm_scores.actions import compute_all
from services.l2o.tests.factories import add_account, add_opportunity, cny
from services.l2o.tests.grades.grading import (
    KEY,
    LARGE,
    REST,
    account,
    compared,
    created,
    grade_waiting,
    publish,
    row,
    try_to_publish,
    waiting,
)
from services.l2o.tests.rfm_scores.placed import order_row, place
from testkit.directory import Company, directory_id, subject
from testkit.jobs import make_job
from testkit.plugin import Client, Committed, PublishedFacts

SUBJECT = "01990000-0000-7000-8000-000000000001"  # of who the client of tests is


async def test_accounts_are_graded_by_published_rules(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    small = await created(client, "小公司", employees=5)
    assert await waiting(tx) == set()  # there are no rules yet
    await publish(client, "account_grade", KEY, LARGE, REST)
    large = await created(client, "大公司", employees=5000)
    assert {str(one) for one in await waiting(tx)} == {small, large}
    await grade_waiting(tx)
    assert [(await account(client, one))["grade"] for one in (small, large)] == ["D", "A"]
    graded = [one for one in await published() if one.type == "l2o.account.graded.v1"]
    assert sorted(one.payload["account"]["grade"] for one in graded) == ["A", "D"]
    found = await account(client, large, "/grade")
    assert (found["computed"], found["row_name"], found["rule_version"]) == ("A", "key", 1)
    await grade_waiting(tx)
    assert len(await published()) == len(graded) + 2  # nothing changed, nothing is published


async def test_an_edit_grades_the_account_anew_and_others_not(
    client: Client, tx: AsyncConnection
) -> None:
    await publish(client, "account_grade", KEY, LARGE, REST)
    first, other = [await created(client, name, employees=5) for name in ("甲公司", "乙公司")]
    await grade_waiting(tx)
    await client.patch(f"/accounts/{first}", json={"employees": 200})
    assert {str(one) for one in await waiting(tx)} == {first}
    await grade_waiting(tx)
    assert [(await account(client, one))["grade"] for one in (first, other)] == ["B", "D"]


async def test_lists_filter_and_sort_by_grade_segment_and_tag(
    client: Client, tx: AsyncConnection
) -> None:
    await publish(client, "account_grade", KEY, LARGE, REST)
    await publish(
        client, "account_segment", row("s", compared("employees", "GTE", 100), segment="大")
    )
    often = row("t", compared("employees", "LT", 100), tags=["小微"])
    await publish(client, "account_tags", often, policy="COLLECT")
    ids = {
        name: await created(client, name, employees=employees, tags=tags)
        for name, employees, tags in (("丙", 5, ["重点"]), ("甲", 5000, []), ("乙", 500, []))
    }
    await grade_waiting(tx)

    async def names(**query: str) -> list[str]:
        answer = await client.get("/accounts", params=query)
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()["items"]]

    assert await names(sort="grade") == ["甲", "乙", "丙"]
    assert await names(sort="-grade") == ["丙", "乙", "甲"]
    assert await names(grade="B") == ["乙"]
    assert await names(segment="大", sort="grade,name") == ["甲", "乙"]
    assert await names(tag="小微") == ["丙"]
    assert await names(tag="重点") == ["丙"]
    counted = await client.get("/accounts", params={"count_by": "grade"})
    assert counted.status_code == 200, counted.text
    shown = await account(client, ids["丙"])
    assert (shown["tags"], shown["rule_tags"], shown["segment"]) == (["重点"], ["小微"], None)


async def test_figures_of_other_records_grade(client: Client, tx: AsyncConnection) -> None:
    """100.50 to be had, 300 won, one lost; ordered 80 fifty days ago; the best of one: 111."""
    moment = now()
    one = await add_account(tx, owner_id=None)
    for stage, amount in (
        (Stage.SOLUTION, cny("100.50")),
        (Stage.WON, cny("300")),
        (Stage.LOST, cny("7")),
    ):
        await add_opportunity(tx, account_id=one.id, stage=stage, amount=amount)
    await place(tx, [order_row(one.id, moment - timedelta(days=50), Decimal(80))])
    await compute_all(tx, moment)
    everything = {
        "open_opportunities": 1,
        "open_amount": "100.50",
        "won_opportunities": 1,
        "won_amount": "300",
        "lost_opportunities": 1,
        "orders": 1,
        "ordered": "80",
        "months_as_customer": 1,
        "contacts": 0,
        "recent_activities": 0,
        "window_orders": 1,
        "window_ordered": "80",
        "recency": 1,
        "frequency": 1,
        "monetary": 1,
    }
    exact = {"all": [compared(name, "EQ", value) for name, value in everything.items()]}
    await publish(client, "account_grade", row("exact", exact, grade="A"))
    await grade_waiting(tx)
    assert (await account(client, str(one.id)))["grade"] == "A"
    explained = await account(client, str(one.id), "/rule-sets/account_grade/explanation")
    assert (explained["winner"], explained["result"]) == ("exact", {"grade": "A"})


async def test_a_dry_run_counts_what_rules_would_change(
    client: Client, tx: AsyncConnection
) -> None:
    await publish(client, "account_grade", KEY, LARGE, REST)
    for name, employees in (("甲", 5000), ("乙", 500), ("丙", 5)):
        await created(client, name, employees=employees)
    await grade_waiting(tx)
    stricter = {"hit_policy": "FIRST", "rows": [LARGE | {"id": "first"}, REST]}
    tried = await client.post("/rule-sets/account_grade/dry-run", json={"rules": stricter})
    assert tried.status_code == 200, tried.text
    assert (tried.json()["records"], tried.json()["changed"]) == (3, 1)


async def test_broken_rules_are_refused_with_all_violations(client: Client) -> None:
    rows = [
        row("a", compared("nothing", "EQ", 1), grade="A"),
        row("b", compared("employees", "GTE", 1), grade="E"),
        row("c", compared("employees", "GTE", 1)),
    ]
    refused = await try_to_publish(client, "account_grade", *rows, policy="FIRST")
    assert refused.status_code == 422
    pointers = {one["pointer"] for one in refused.json()["errors"]}
    assert {"/rules/rows/0/condition/field", "/rules/rows/1/outcome/grade"} <= pointers
    assert any(one.startswith("/rules/rows/2/outcome") for one in pointers)
    team = row("s", {"all": []}, owner_team_ids=["01970000-0000-7000-8000-000000000001"])
    unknown = await try_to_publish(client, "account_service", team, policy="FIRST")
    assert [one["code"] for one in unknown.json()["errors"]] == ["TEAM_UNKNOWN"]


async def pin(client: AsyncClient, account_id: str, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = await client.post(f"/accounts/{account_id}/pin-grade", json=body)
    return answer.status_code, answer.json()


async def test_a_pinned_grade_outlasts_rules_until_it_is_unpinned(
    client: Client, tx: AsyncConnection
) -> None:
    await publish(client, "account_grade", KEY, LARGE, REST)
    one = await created(client, "小公司", employees=5)
    await grade_waiting(tx)
    status, pinned = await pin(client, one, grade="A", reason="战略客户")
    assert (status, pinned["grade"], pinned["computed"]) == (200, "A", "D")
    assert (pinned["pin_reason"], pinned["pinned_by"]) == ("战略客户", SUBJECT)
    version = (await account(client, one))["version"]
    assert (await pin(client, one, grade="A", reason="战略客户"))[0] == 200
    assert (await pin(client, one, grade="A", reason="另一个"))[1]["code"] == "MOVE_MADE_OTHERWISE"
    await publish(client, "account_grade", REST)
    await grade_waiting(tx)
    assert (await account(client, one))["grade"] == "A"
    assert (await account(client, one))["version"] == version
    for wrong in ({"grade": "E", "reason": "x"}, {"grade": "A"}, {"grade": "A", "reason": " "}):
        assert (await pin(client, one, **wrong))[0] == 422
    back = await client.post(f"/accounts/{one}/unpin-grade", json={"reason": "合同结束"})
    assert (back.status_code, back.json()["grade"]) == (200, "D")
    again = await client.post(f"/accounts/{one}/unpin-grade", json={"reason": "合同结束"})
    assert again.json()["code"] == "GRADE_NOT_PINNED"
    trail = (await client.get(f"/accounts/{one}/audit")).json()["items"]
    assert "战略客户" in [entry["reason"] for entry in trail]


async def test_every_night_all_accounts_are_graded(client: Client, tx: AsyncConnection) -> None:
    await publish(client, "account_grade", REST)
    one = await created(client, "小公司")
    await grade_waiting(tx)
    queued = await tx.execute(select(jobs.c.key).where(jobs.c.kind == GRADING_JOB))
    assert sorted(queued.scalars()) == ["daily", "waiting"]
    again = await grade_accounts(tx, make_job(directory_id("tenant"), GRADING_JOB, "daily"))
    assert {str(each) for each in await waiting(tx)} == {one}
    assert "run_at" in vars(again)


KEY_SERVICE = row(
    "key",
    compared("grade", "EQ", "A"),
    sales_process="KEY_ACCOUNT",
    owner_titles=["高级客户经理"],
    review_days=30,
)


async def test_a_grade_decides_the_sales_process(client: Client, tx: AsyncConnection) -> None:
    await publish(client, "account_grade", KEY, REST)
    await publish(client, "account_service", KEY_SERVICE)
    large, small = await created(client, "大", employees=5000), await created(client, "小")
    await grade_waiting(tx)
    assert (await account(client, large))["sales_process"] == "KEY_ACCOUNT"
    assert (await account(client, small))["sales_process"] is None
    body = {"account_id": large, "name": "年度采购"}
    deal = (await client.post("/opportunities", json=body)).json()["id"]
    shown = await client.get(f"/opportunities/{deal}", params={"expand": "account"})
    assert shown.json()["account"]["sales_process"] == "KEY_ACCOUNT"
    found = await account(client, large, "/grade")
    assert found["service"]["owner_titles"] == ["高级客户经理"]
    assert found["owner_is_allowed"] is False


async def test_key_accounts_go_to_senior_people_only(client: Client, tx: AsyncConnection) -> None:
    company = await Company(tx).build()
    await company.team("key", "zhou")
    await publish(client, "account_grade", KEY, REST)
    team = str(directory_id("key"))
    policy = row("key", compared("grade", "EQ", "A"), owner_titles=["总监"], owner_team_ids=[team])
    await publish(client, "account_service", policy)
    large = await created(client, "大公司", employees=5000)
    small = await created(client, "小公司")
    await grade_waiting(tx)

    async def transfer(account_id: str, to: str) -> tuple[int, str | None]:
        body = {"owner_id": subject(to), "reason": "换人"}
        answer = await client.post(f"/accounts/{account_id}/transfer", json=body)
        return answer.status_code, answer.json().get("code")

    assert await transfer(large, "li") == (409, "OWNER_NOT_SENIOR")
    assert await transfer(small, "li") == (200, None)
    assert await transfer(large, "zhou") == (200, None)
    assert (await account(client, large, "/grade"))["owner_is_allowed"] is True
    titled = update(posts).where(posts.c.person_id == directory_id("li"))
    await tx.execute(titled.values(title="总监"))
    assert await transfer(large, "li") == (200, None)


async def test_grading_goes_on_while_people_edit(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """Edits and chunks of grading at once end with the grades of the last values."""
    client = committed_client
    await publish(client, "account_grade", KEY, LARGE, REST)
    ids = [await created(client, f"公司 {number}", employees=5) for number in range(6)]

    async def grade() -> None:
        for account_id in ids * 2:
            async with committed.worker.begin(tenant) as tx:
                command = Command(tx, now(), actor="system:account_grading")
                await grade_chunk(command)
                await grade_account(command, UUID(account_id))

    async def edit(account_id: str) -> None:
        for employees in (500, 5, 5000):
            body = {"employees": employees}
            answer = await client.patch(f"/accounts/{account_id}", json=body)
            assert answer.status_code in {200, 409}, answer.text

    await asyncio.gather(grade(), *map(edit, ids))
    async with committed.worker.begin(tenant) as tx:
        await grade_waiting(tx)
    for one in ids:
        found = await account(client, one)
        expected = "A" if found["employees"] >= 1000 else "B" if found["employees"] >= 100 else "D"
        assert found["grade"] == expected
