"""A check is planned once: its plans take longer than its queries."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import RECKONED_LENGTH, planned_once
from services.mtl.tests.factories import create

PLANNED = text("""
    SELECT generic_plans FROM pg_prepared_statements
    WHERE statement LIKE '%' || :table || '%' AND custom_plans > 0
""")
CREDIT_CODE = "91110000600037341L"


def test_values_are_filled_up_to_the_length_that_plans_reckon_with() -> None:
    assert planned_once(["a", "b"], "") == ["a", "b", *["a"] * (RECKONED_LENGTH - 2)]
    assert planned_once([], "") == [""] * RECKONED_LENGTH
    many = [str(n) for n in range(RECKONED_LENGTH + 1)]
    assert planned_once(many, "") == many


@pytest.mark.parametrize("table", ["search_grams", "account_keys"])
async def test_a_check_keeps_its_plan(client: AsyncClient, tx: AsyncConnection, table: str) -> None:
    await create(client, company="远景科技")
    bodies: list[dict[str, Any]] = [
        {"company": f"杭州远景{n}有限公司", "phone": f"1380013800{n}", "email": f"w{n}@x.cn"}
        for n in range(8)
    ]
    for body in bodies:
        answer = await client.post("/leads/duplicate-check", json=body)
        assert answer.status_code == 200, answer.text
    kept = (await tx.execute(PLANNED, {"table": table})).scalars().all()
    assert any(count > 0 for count in kept), kept


async def test_leads_of_one_credit_code_find_each_other(client: AsyncClient) -> None:
    lead = await create(client, company="远景科技", uscc=CREDIT_CODE)
    body = {"company": "星辰能源", "uscc": CREDIT_CODE.lower(), "name": "王芳"}
    found = (await client.post("/leads/duplicate-check", json=body)).json()["duplicates"]
    assert [(one["lead_id"], one["score"]) for one in found] == [(lead["id"], 95)]
    assert found[0]["reasons"] == ["COMPANY_CODE_EQUAL"]
