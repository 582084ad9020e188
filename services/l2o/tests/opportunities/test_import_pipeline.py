"""Import of the demo files: completely, repeatedly, and concurrently."""

import asyncio
import time
from collections import Counter
from uuid import UUID

from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from l2o.opportunities.store import opportunities, stage_changes
from services.l2o.tests.importing import (
    add_pipeline_references,
    counts,
    finished_import,
    pipeline_rows,
    read_pipeline_file,
    run_committed,
    start_import,
)
from testkit import tokens
from testkit.plugin import Client, Committed

# The scopes of a seller.
SELLER = "l2o.opportunity.read l2o.opportunity.write l2o.account.read"
MAX_SECONDS = 20  # processor time of both runs; they take about a third of it


async def import_file(
    client: Client, committed: Committed, tenant: UUID, kind: str, name: str
) -> str:
    import_id = await start_import(client, kind, read_pipeline_file(name))
    await run_committed(committed, tenant, import_id)
    return import_id


async def funnel(client: Client, **headers: str) -> dict[str, tuple[int, list[str]]]:
    """Count and amounts by stage, without empty stages."""
    answer = await client.get("/opportunities/funnel", headers=headers)
    assert answer.status_code == 200, answer.text
    return {
        stage["stage"]: (stage["count"], [each["amount"]["amount"] for each in stage["amounts"]])
        for stage in answer.json()["stages"]
        if stage["count"]
    }


async def test_the_demo_files_are_imported_completely_and_only_once(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        agents = await add_pipeline_references(tx)
    for expected in (
        counts(created=85, with_warnings=13),  # 12 of sector technolgy, one of them in Korea;
        counts(unchanged=85, with_warnings=13),  # and one in the Philipines
    ):
        import_id = await import_file(
            committed_client, committed, tenant, "l2o.account", "accounts.csv"
        )
        assert (await finished_import(committed_client, import_id))["counts"] == expected
    started = time.process_time()
    for outcome in ("created", "unchanged"):
        import_id = await import_file(
            committed_client, committed, tenant, "l2o.opportunity", "sales_pipeline.csv"
        )
        assert (await finished_import(committed_client, import_id))["counts"] == counts(
            **{outcome: 7375}, refused=1425, with_warnings=1387
        )
    assert time.process_time() - started < MAX_SECONDS
    await _assert_matches_the_file(committed_client, tenant, agents)
    async with committed.app.begin(tenant) as tx:
        events = Counter((await tx.execute(select(outbox.c.type))).scalars())
        steps = (await tx.execute(select(func.count()).select_from(stage_changes))).scalar_one()
    assert events == {
        "l2o.account.created.v1": 85,
        "l2o.account.changed.v1": 15,  # the accounts with a parent
        "l2o.opportunity.opened.v1": 7375,
        "l2o.import.finished.v1": 4,
        # The notices of the four imports, and one to each seller who owns opportunities.
        "l2o.work.changed.v1": 4 + 30,
    }
    assert steps == 2 * (4238 + 2473) + 501 + 163


async def _assert_matches_the_file(client: Client, tenant: UUID, agents: dict[str, str]) -> None:
    accepted = [row for row in pipeline_rows("sales_pipeline.csv") if row["account"]]
    assert await funnel(client) == {
        "FIRST_CONTACT": (163, []),
        "SOLUTION": (501, []),
        "WON": (4238, ["10005534.00"]),
        "LOST": (2473, ["0.00"]),
    }
    rows_of_agent = [row for row in accepted if row["sales_agent"] == "Moses Frase"]
    won = [int(row["close_value"]) for row in rows_of_agent if row["deal_stage"] == "Won"]
    funnel_of_agent = await funnel(
        client, **tokens.bearer(tenant, sub=agents["Moses Frase"], scope=SELLER)
    )
    assert sum(count for count, _ in funnel_of_agent.values()) == len(rows_of_agent)
    assert funnel_of_agent["WON"] == (len(won), [f"{sum(won)}.00"])
    assert await funnel(client, **tokens.bearer(tenant, sub="nobody", scope=SELLER)) == {}
    answer = await client.get("/opportunities/by-external-id/import/1C1I7A6R")
    opportunity = answer.json()
    assert (opportunity["stage"], opportunity["owner_id"]) == ("WON", agents["Moses Frase"])
    assert (opportunity["engaged_date"], opportunity["closed_date"]) == ("2016-10-20", "2017-03-01")
    assert opportunity["name"] == "Cancity · GTX Plus Basic"
    assert opportunity["amount"] == {"amount": "1054.00", "currency": "CNY"}
    path = f"/opportunities/{opportunity['id']}/stage-changes"
    changes = (await client.get(path)).json()["items"]
    assert sorted(
        (change["at"], change["from_stage"], change["to_stage"]) for change in changes
    ) == [
        ("2016-10-19T16:00:00Z", None, "SOLUTION"),  # midnight in Shanghai
        ("2017-02-28T16:00:00Z", "SOLUTION", "WON"),
    ]


async def test_two_concurrent_imports_of_a_file_end_like_one(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_pipeline_references(tx)
    await import_file(committed_client, committed, tenant, "l2o.account", "accounts.csv")
    lines = read_pipeline_file("sales_pipeline.csv").splitlines(keepends=True)[:1001]
    accepted = sum(1 for row in pipeline_rows("sales_pipeline.csv")[:1000] if row["account"])
    ids = [
        await start_import(committed_client, "l2o.opportunity", b"".join(lines)) for _ in range(2)
    ]
    await asyncio.gather(*(run_committed(committed, tenant, each) for each in ids))
    all_counts = [(await finished_import(committed_client, each))["counts"] for each in ids]
    assert [each["refused"] for each in all_counts] == [1000 - accepted] * 2
    assert sum(each["created"] for each in all_counts) == accepted
    assert sum(each["unchanged"] for each in all_counts) == accepted
    async with committed.app.begin(tenant) as tx:
        rows = (await tx.execute(select(func.count()).select_from(opportunities))).scalar_one()
        query = select(func.count()).where(outbox.c.type == "l2o.opportunity.opened.v1")
        opened = (await tx.execute(query)).scalar_one()
    assert (rows, opened) == (accepted, accepted)
