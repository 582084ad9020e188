"""The real pipeline: the shipped copy of its files, whole, twice, and twice at once."""

import asyncio
import time
from collections import Counter
from uuid import UUID

from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from l2o.opportunities.store import opportunities, stage_changes
from services.l2o.tests.importing import (
    counts,
    know_the_pipeline,
    progress,
    read,
    rows_of,
    run_committed,
    start_import,
)
from testkit import tokens
from testkit.plugin import Client, Committed

# What a salesperson holds of L2O.
SELLER = "l2o.opportunity.read l2o.opportunity.write l2o.account.read"
SECONDS = 20  # of our own processor time, for both runs; it takes a third of that


async def bring_in(client: Client, committed: Committed, tenant: UUID, kind: str, name: str) -> str:
    import_id = await start_import(client, kind, read(name))
    await run_committed(committed, tenant, import_id)
    return import_id


async def funnel(client: Client, **asked: str) -> dict[str, tuple[int, list[str]]]:
    """Count and amounts by stage, those with any."""
    answer = await client.get("/opportunities/funnel", headers=asked)
    assert answer.status_code == 200, answer.text
    return {
        one["stage"]: (one["count"], [each["amount"]["amount"] for each in one["amounts"]])
        for one in answer.json()["stages"]
        if one["count"]
    }


async def test_the_whole_pipeline_and_again(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        agents = await know_the_pipeline(tx)
    for expected in (
        counts(created=85, with_warnings=13),  # 12 of sector technolgy, one of them in Korea;
        counts(unchanged=85, with_warnings=13),  # and one in the Philipines
    ):
        done = await bring_in(committed_client, committed, tenant, "ACCOUNTS", "accounts.csv")
        assert (await progress(committed_client, done))["counts"] == expected
    began = time.process_time()
    for outcome in ("created", "unchanged"):
        done = await bring_in(
            committed_client, committed, tenant, "OPPORTUNITIES", "sales_pipeline.csv"
        )
        assert (await progress(committed_client, done))["counts"] == counts(
            **{outcome: 7375}, refused=1425, with_warnings=1387
        )
    assert time.process_time() - began < SECONDS
    await _as_the_file_says(committed_client, tenant, agents)
    async with committed.app.begin(tenant) as tx:
        told = Counter((await tx.execute(select(outbox.c.type))).scalars())
        steps = (await tx.execute(select(func.count()).select_from(stage_changes))).scalar_one()
    assert told == {
        "l2o.account.created.v1": 85,
        "l2o.account.changed.v1": 15,  # those that belong to another
        "l2o.opportunity.opened.v1": 7375,
        "l2o.import.finished.v1": 4,
    }
    assert steps == 2 * (4238 + 2473) + 501 + 163


async def _as_the_file_says(client: Client, tenant: UUID, agents: dict[str, str]) -> None:
    kept = [row for row in rows_of("sales_pipeline.csv") if row["account"]]
    assert await funnel(client) == {
        "FIRST_CONTACT": (163, []),
        "SOLUTION": (501, []),
        "WON": (4238, ["10005534.00"]),
        "LOST": (2473, ["0.00"]),
    }
    mine = [row for row in kept if row["sales_agent"] == "Moses Frase"]
    won = [int(row["close_value"]) for row in mine if row["deal_stage"] == "Won"]
    seen = await funnel(client, **tokens.bearer(tenant, sub=agents["Moses Frase"], scope=SELLER))
    assert sum(count for count, _ in seen.values()) == len(mine)
    assert seen["WON"] == (len(won), [f"{sum(won)}.00"])
    assert await funnel(client, **tokens.bearer(tenant, sub="nobody", scope=SELLER)) == {}
    found = await client.get("/opportunities/by-external-id/import/1C1I7A6R")
    shown = found.json()
    assert (shown["stage"], shown["owner_id"]) == ("WON", agents["Moses Frase"])
    assert (shown["engaged_date"], shown["closed_date"]) == ("2016-10-20", "2017-03-01")
    assert shown["name"] == "Cancity · GTX Plus Basic"
    assert shown["amount"] == {"amount": "1054.00", "currency": "CNY"}
    path = f"/opportunities/{shown['id']}/stage-changes"
    steps = (await client.get(path)).json()["items"]
    assert sorted((one["at"], one["from_stage"], one["to_stage"]) for one in steps) == [
        ("2016-10-19T16:00:00Z", None, "SOLUTION"),  # midnight in Shanghai
        ("2017-02-28T16:00:00Z", "SOLUTION", "WON"),
    ]


async def test_two_imports_at_once_end_like_one(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await know_the_pipeline(tx)
    await bring_in(committed_client, committed, tenant, "ACCOUNTS", "accounts.csv")
    lines = read("sales_pipeline.csv").splitlines(keepends=True)[:1001]
    accepted = sum(1 for row in rows_of("sales_pipeline.csv")[:1000] if row["account"])
    ids = [await start_import(committed_client, "OPPORTUNITIES", b"".join(lines)) for _ in range(2)]
    await asyncio.gather(*(run_committed(committed, tenant, one) for one in ids))
    ended = [(await progress(committed_client, one))["counts"] for one in ids]
    assert [one["refused"] for one in ended] == [1000 - accepted] * 2
    assert sum(one["created"] for one in ended) == accepted
    assert sum(one["unchanged"] for one in ended) == accepted
    async with committed.app.begin(tenant) as tx:
        rows = (await tx.execute(select(func.count()).select_from(opportunities))).scalar_one()
        query = select(func.count()).where(outbox.c.type == "l2o.opportunity.opened.v1")
        told = (await tx.execute(query)).scalar_one()
    assert (rows, told) == (accepted, accepted)
