"""The funnel counts and sums the opportunities that the caller sees and the filters select."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.money import Money
from l2o.opportunities.domain import Stage
from services.l2o.tests.factories import add_opportunity, cny
from testkit.directory import Company, sign_in, subject
from testkit.plugin import Client

SCOPE = "l2o.opportunity.read"


async def add_sample_opportunities(tx: AsyncConnection) -> None:
    await Company(tx).build()
    li, zheng = subject("li"), subject("zheng")
    for amount in ("0.10", "0.20"):
        await add_opportunity(tx, owner_id=li, amount=cny(amount))
    await add_opportunity(tx, owner_id=li)
    await add_opportunity(tx, owner_id=li, amount=Money.of("7", "JPY"))
    await add_opportunity(tx, owner_id=zheng, stage=Stage.WON, amount=cny("1000.00"))


async def funnel(client: Client, query: str = "", **headers: str) -> dict[str, Any]:
    answer = await client.get(f"/opportunities/funnel{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    stages = answer.json()["stages"]
    assert [row["stage"] for row in stages] == [stage.value for stage in Stage]
    return {
        row["stage"]: (
            row["count"],
            [(a["count"], a["amount"]["amount"], a["amount"]["currency"]) for a in row["amounts"]],
        )
        for row in stages
        if row["count"]
    }


FIRST = (4, [(2, "0.30", "CNY"), (1, "7", "JPY")])
WON = (1, [(1, "1000.00", "CNY")])


async def test_each_caller_gets_the_funnel_of_visible_opportunities(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await add_sample_opportunities(tx)
    expected = {
        "zhao": {"FIRST_CONTACT": FIRST, "WON": WON},
        "sun": {"FIRST_CONTACT": FIRST},
        "li": {"FIRST_CONTACT": FIRST},
        "zheng": {"WON": WON},
        "wang": {},
    }
    for name, funnel_of_caller in expected.items():
        assert await funnel(client, **sign_in(tenant, name, scope=SCOPE)) == funnel_of_caller, name


async def test_the_funnel_accepts_the_filters_of_the_list(
    client: Client, tx: AsyncConnection
) -> None:
    await add_sample_opportunities(tx)
    assert await funnel(client, "?stage=WON") == {"WON": WON}
    assert await funnel(client, "?amount__gte=7&amount__lt=1000") == {
        "FIRST_CONTACT": (1, [(1, "7", "JPY")])
    }
    assert await funnel(client, f"?owner_id={subject('zheng')}") == {"WON": WON}
    assert await funnel(client, "?deleted=true") == {}
    unknown = await client.get("/opportunities/funnel?colour=red")
    assert unknown.json()["errors"][0]["code"] == "UNKNOWN_FIELD"


async def test_what_a_sum_does_not_show_is_refused(client: Client) -> None:
    answer = await client.get("/opportunities/funnel?page=2&count_by=stage&sort=name")
    assert answer.status_code == 422
    refused = {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert refused == {(f"?{name}", "UNKNOWN_FIELD") for name in ("page", "count_by", "sort")}
