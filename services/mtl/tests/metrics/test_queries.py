"""What metrics ask of PostgreSQL: few statements, and indexes where a period is short."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from httpx import AsyncClient
from sqlalchemy import Select, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING, Visibility
from mtl.metrics.domain.outcomes import MetricGroup
from mtl.metrics.domain.periods import MetricPeriod
from mtl.metrics.views.cohorts import cohort_query
from mtl.metrics.views.hand_offs import hand_overs_query
from mtl.metrics.views.reading import MetricReading
from services.mtl.tests.metrics.factories import add, at, chart, lead_of
from testkit.directory import Company, sign_in, subject
from testkit.plugin import Committed

NOVEMBER = "from=2026-11-01&to=2026-11-30"
# A lead an hour, handed over after two hours and accepted after five.
FILL = """
    WITH filled AS (
        INSERT INTO leads (tenant_id, id, company, owner_id, status, source, created_at, updated_at,
            version, follow_up_count)
        SELECT $1, gen_random_uuid(), 'C' || n, 'owner-' || n % 100, 'SQL', 'S' || n % 20,
            timestamptz '2024-01-01' + n * interval '1 hour', now(), 1, 0
        FROM generate_series(1, 20000) AS n RETURNING id, created_at)
    INSERT INTO lead_history (tenant_id, id, lead_id, at, from_status, to_status)
    SELECT $1, gen_random_uuid(), filled.id, created_at + hours * interval '1 hour', before, after
    FROM filled, (VALUES (2, 'RAW', 'MQL'), (5, 'MQL', 'SQL')) AS moves (hours, before, after)
"""


@pytest.mark.parametrize(
    "path",
    [
        f"new?{NOVEMBER}&group=owner",
        "stock?group=owner",
        f"conversion?{NOVEMBER}&group=owner",
        f"hand-off?{NOVEMBER}&group=owner",
        f"effective?{NOVEMBER}&group=owner&target=5",
        "needed?target=5",
    ],
)
async def test_a_chart_reads_leads_by_one_statement(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, path: str
) -> None:
    """Beside it: who the caller is, the tenant's clock, how to plan, and the names of owners."""
    await Company(tx).build()
    client.headers.update(sign_in(tenant, "qian", scope="mtl.lead.read mtl.lead.write"))
    statements: list[str] = []
    event.listen(
        tx.sync_connection,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement),
    )
    counts = []
    for owner in ("li", "zhou"):
        await add(tx, [lead_of("2026-11-05", owner_id=subject(owner)) for _ in range(9)])
        statements.clear()
        await chart(client, path)
        assert sum("FROM lead" in one for one in statements) == 1
        counts.append(
            len([one for one in statements if one.lstrip().startswith(("SELECT", "WITH"))])
        )
    # Four of them admit the request.
    assert counts[0] == counts[1] <= 10


@pytest.fixture
async def filled(committed: Committed, tenant: UUID) -> None:
    owner = await asyncpg.connect(committed.urls.owner_url.replace("+asyncpg", ""))
    await owner.execute(FILL, tenant)
    await owner.execute("ANALYZE leads")
    await owner.execute("ANALYZE lead_history")
    await owner.close()


def reading_of(tx: AsyncConnection, visibility: Visibility) -> MetricReading:
    return MetricReading(
        tx=tx,
        visibility=visibility,
        now=at("2026-11-20"),
        timezone="Asia/Shanghai",
        group=MetricGroup.OWNER,
    )


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "visibility", [EVERYTHING, Visibility(owners=("owner-1", "owner-2"))], ids=["all", "seller"]
)
@pytest.mark.parametrize(
    ("query_of", "index"),
    [
        (cohort_query, "ix_leads_tenant_id_created_at"),
        (hand_overs_query, "ix_lead_history_tenant_id_to_status_at"),
    ],
)
async def test_a_short_period_is_read_through_its_index(
    committed: Committed,
    tenant: UUID,
    query_of: Callable[[MetricReading, MetricPeriod], Select[Any]],
    index: str,
    visibility: Visibility,
) -> None:
    """A day has 24 of 20,000 leads, and as many hand-overs."""
    day = MetricPeriod(date(2025, 3, 3), date(2025, 3, 3), "Asia/Shanghai")
    async with committed.app.begin(tenant) as tx:
        query = query_of(reading_of(tx, visibility), day)
        sql = query.compile(dialect=tx.dialect, compile_kwargs={"literal_binds": True})
        rows = await tx.execute(text(f"EXPLAIN (ANALYZE, COSTS OFF, FORMAT JSON) {sql}"))
        plan = rows.scalar_one()[0]["Plan"]
    assert index in str(plan)
    assert list(read_whole(plan)) == []


def read_whole(node: dict[str, Any]) -> Iterator[str]:
    """The tables that a plan reads from end to end."""
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for each in node.get("Plans", []):
        yield from read_whole(each)
