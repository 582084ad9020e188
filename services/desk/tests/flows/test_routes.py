"""Flows through the API: what is refused, versions, trials and explanations."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.tests.factories import (
    ADMIN,
    HEAD,
    KIND,
    Body,
    as_,
    ask,
    asked,
    at,
    build_company,
    decide,
    discounts,
    flow,
    one_branch,
    publish,
    read,
    row,
    step,
    tasks_of,
)
from testkit.directory import Company, subject

PATH = f"/approval-flows/{KIND}"


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection, client: AsyncClient) -> Company:
    return await build_company(tx)


async def refusals(client: AsyncClient, new: Body) -> list[tuple[str, str]]:
    answer = await client.post(f"{PATH}/check", json={"flow": new})
    assert answer.status_code == 422, answer.json()
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


async def test_a_kind_shows_its_facts_and_the_built_in_flow(client: AsyncClient) -> None:
    listed = (await client.get("/approval-flows")).json()["flows"]
    assert [(one["kind"], one["version_in_force"]) for one in listed] == [(KIND, 0)]
    shown = (await client.get(PATH)).json()
    assert shown["flow"] is None
    assert "discount_rate" in [fact["name"] for fact in shown["facts"]]
    unknown = await client.get("/approval-flows/cpq.dream")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "APPROVAL_KIND_NOT_FOUND")


async def test_a_gap_between_amounts_is_refused(client: AsyncClient) -> None:
    gap = flow(
        [
            row("small", {"verdict": "APPROVE"}, at("amount", "LT", "1000")),
            row("large", {"branch": "main"}, at("amount", "GT", "1000")),
        ],
        main=[step("head", HEAD)],
    )
    assert await refusals(client, gap) == [("/flow/rules/rows", "FLOW_GAP")]
    gap["rules"]["rows"].append(row("rest", {"branch": "main"}))
    assert (await client.post(f"{PATH}/check", json={"flow": gap})).status_code == 200


async def test_rows_and_branches_that_nothing_reaches_are_refused(client: AsyncClient) -> None:
    covered = flow(
        [
            row("all", {"branch": "main"}),
            row("large", {"branch": "other"}, at("amount", "GTE", "5")),
        ],
        main=[step("head", HEAD)],
        other=[step("other", HEAD)],
    )
    assert await refusals(client, covered) == [("/flow/rules/rows/1", "RULE_ROW_UNREACHABLE")]
    lost = one_branch(step("head", HEAD))
    lost["branches"]["lost"] = {"steps": [step("x", HEAD)]}
    assert await refusals(client, lost) == [("/flow/branches/lost", "FLOW_BRANCH_UNREACHABLE")]
    circle = one_branch(step("head", HEAD))
    circle["branches"]["main"]["then"] = "main"
    assert await refusals(client, circle) == [("/flow/branches/main/then", "FLOW_CYCLE")]


async def test_warnings_are_said_in_words(client: AsyncClient) -> None:
    rows = [row("all", {"branch": "main"}), row("rest", {"verdict": "REJECT"})]
    twice = flow(rows, main=[step("head", HEAD)])
    answer = await client.post(f"{PATH}/check", json={"flow": twice})
    [warning] = answer.json()["warnings"]
    assert (warning["pointer"], warning["code"]) == ("/flow/rules/rows/1", "RULE_ROW_UNREACHABLE")
    assert warning["message"].startswith("This row can never apply")


async def test_a_step_that_finds_nobody_is_refused(client: AsyncClient, company: Company) -> None:
    await company.person("wu", "team B", active=False)
    nobody = one_branch(
        step("role", {"source": "ROLE", "name": "LAWYER"}),
        step("person", {"source": "PERSON", "name": subject("wu")}),
        step("head", HEAD),
    )
    nobody["fallback"] = None
    assert await refusals(client, nobody) == [
        ("/flow/branches/main/steps/0/approvers/0", "FLOW_ROLE_EMPTY"),
        ("/flow/branches/main/steps/0/approvers", "FLOW_STEP_MAY_BE_EMPTY"),
        ("/flow/branches/main/steps/1/approvers/0", "FLOW_PERSON_INACTIVE"),
        ("/flow/branches/main/steps/1/approvers", "FLOW_STEP_MAY_BE_EMPTY"),
        ("/flow/branches/main/steps/2/approvers", "FLOW_STEP_MAY_BE_EMPTY"),
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"rules": {"hit_policy": "COLLECT", "rows": []}}, "/flow/rules/hit_policy"),
        ({"fallback": HEAD}, "/flow/fallback/source"),
        ({"branches": {"main": {"steps": []}}}, "/flow/branches/main/steps"),
    ],
)
async def test_what_a_flow_cannot_be_is_refused(
    client: AsyncClient, change: Body, pointer: str
) -> None:
    found = await refusals(client, {**one_branch(step("head", HEAD)), **change})
    assert pointer in [where for where, _ in found]


async def test_versions_are_kept_and_restored(client: AsyncClient) -> None:
    first = await publish(client, one_branch(step("head", HEAD)))
    second = await publish(client, discounts(), based_on=1)
    again = await publish(client, discounts(), based_on=2)
    assert [one["number"] for one in (first, second, again)] == [1, 2, 2]
    body = {"flow": one_branch(step("x", HEAD)), "based_on": 1}
    stale = await client.post(f"{PATH}/versions", json=body)
    assert (stale.status_code, stale.json()["code"]) == (409, "RULE_VERSION_STALE")
    restored = await client.post(f"{PATH}/versions/1/restore", json={"based_on": 2})
    assert (restored.json()["number"], restored.json()["restores"]) == (3, 1)
    listed = (await client.get(f"{PATH}/versions")).json()["items"]
    assert [one["number"] for one in listed] == [3, 2, 1]
    assert (await client.get(f"{PATH}/versions/2")).json()["flow"] == second["flow"]


async def test_running_requests_keep_their_version(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await publish(client, discounts())
    approval_id = await ask(tx, asked(amount="10", rate="0.15"))
    await publish(client, one_branch(step("boss", ADMIN)), based_on=1)
    running = await read(client, approval_id)
    assert (running["flow_version"], running["branch"]) == (1, "manager")
    await decide(client, as_(tenant, "sun"))
    assert (await read(client, approval_id))["status"] == "APPROVED"
    new = await read(client, await ask(tx, asked(amount="10", rate="0.15")))
    assert (new["flow_version"], new["steps"][0]["key"]) == (2, "boss")


async def test_without_a_flow_the_head_of_the_department_decides(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    approval_id = await ask(tx, asked())
    assert len(await tasks_of(client, as_(tenant, "sun"))) == 1
    approval = await read(client, approval_id)
    assert (approval["flow_version"], approval["branch"]) == (0, "default")
    assert approval["steps"][0]["name"] == "Head of department"
    zh = await client.get(f"/approvals/{approval_id}", headers={"Accept-Language": "zh-CN"})
    assert zh.json()["steps"][0]["name"] == "部门负责人"
    of_nobody = await ask(tx, asked("bei"))  # without a department: the administrators
    assert (await read(client, of_nobody))["steps"][0]["seats"][0]["person"] == subject("zhao")


async def test_a_flow_is_tried_on_past_requests(client: AsyncClient, tx: AsyncConnection) -> None:
    await publish(client, discounts())
    for amount, rate in (("10", "0.05"), ("10", "0.15"), ("600000", "0.05")):
        await ask(tx, asked(amount=amount, rate=rate))
    strict = one_branch(step("director", {"source": "ROLE", "name": "DIRECTOR"}))
    answer = await client.post(f"{PATH}/dry-run", json={"flow": strict})
    found = answer.json()
    assert (found["tried"], found["changed"], found["without_approvers"]) == (3, 2, 0)
    medium = found["requests"][0]
    assert [each["asked"][0]["person_name"] for each in medium["before"]["steps"]] == ["sun"]
    assert [each["asked"][0]["person_name"] for each in medium["after"]["steps"]] == ["qian"]
    assert found["requests"][1]["before"]["verdict"] == "APPROVE"


async def test_a_way_is_explained(client: AsyncClient, tx: AsyncConnection) -> None:
    await publish(client, discounts())
    approval_id = await ask(tx, asked("qian"))
    way = (await client.get(f"/approvals/{approval_id}/way")).json()
    assert (way["row"], way["branch"]) == ("large", "director")
    [director] = way["steps"]
    assert [(one["person_name"], one["origin"]) for one in director["asked"]] == [
        ("zhao", "SUPERIOR_OF_ASKER")
    ]
    assert [(one["person_name"], one["why"]) for one in director["not_asked"]] == [
        ("qian", "IS_ASKER")
    ]
