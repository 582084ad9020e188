"""The to-do list costs the same, however many requests are open."""

from datetime import timedelta
from uuid import UUID

import asyncpg
from httpx import AsyncClient
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import to_columns
from chassis.records.access.visibility import EVERYTHING
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.seats import Seat, SeatState
from desk.approvals.store import TASK_LISTING, approval_seats, approvals
from desk.flows.domain.flow import BUILT_IN_BRANCH, BUILT_IN_FLOW
from kernel.ids import new_id
from services.desk.tests.factories import KIND, NOW, as_
from testkit.directory import Company, subject
from testkit.explain import PAGE, QueryPlan, explain
from testkit.plugin import Committed


def request(number: int) -> Approval:
    return Approval(
        id=new_id(),
        kind=KIND,
        resource="cpq.quote",
        record_id=new_id(),
        record_version=1,
        record_name=f"Q-2026-{number:06}",
        requested_by=subject("li"),
        requested_at=NOW,
        plan=BUILT_IN_FLOW.plan(BUILT_IN_BRANCH),
        created_at=NOW,
        updated_at=NOW,
    )


def seat(number: int, person: str, of: Approval) -> Seat:
    return Seat(
        id=new_id(),
        kind=KIND,
        resource=of.resource,
        record_id=of.record_id,
        record_name=of.record_name,
        requested_by=of.requested_by,
        requested_at=of.requested_at,
        step_no=0,
        step_key="head",
        round=1,
        slot=0,
        position=0,
        person=person,
        state=SeatState.OPEN,
        asked_at=NOW + timedelta(seconds=number),
    )


async def fill(tx: AsyncConnection, start: int, count: int) -> None:
    """Open so many requests; every second one waits for sun, the others for wu."""
    parents = [request(start + n) for n in range(count)]
    seats = [seat(start + n, subject(("sun", "wu")[n % 2]), one) for n, one in enumerate(parents)]
    await tx.execute(insert(approvals), [to_columns(approvals, one) for one in parents])
    await tx.execute(
        insert(approval_seats),
        [
            {**to_columns(approval_seats, one), "approval_id": parent.id}
            for one, parent in zip(seats, parents, strict=True)
        ],
    )


async def plan_of(tx: AsyncConnection) -> QueryPlan:
    """Return the plan of the first page of sun's to-do list."""
    await tx.execute(text("SET LOCAL enable_seqscan = off"))  # a small table fits on one page
    query = TASK_LISTING.parse_query("state=OPEN&sort=asked_at", subject=subject("sun"))
    search = await TASK_LISTING.search(tx, query, EVERYTHING)
    return await explain(tx, "to-do", "sun", search.page(None, PAGE + 1), PAGE)


async def test_the_to_do_list_costs_the_same_at_100_and_at_10_000_open_requests(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
        await fill(tx, 0, 100)
    async with committed.app.begin(tenant) as tx:
        small = await plan_of(tx)
    async with committed.app.begin(tenant) as tx:
        await fill(tx, 100, 9_900)
    await analyzed(committed)
    async with committed.app.begin(tenant) as tx:
        large = await plan_of(tx)
    assert (small.rows_returned, large.rows_returned) == (50, PAGE + 1)
    assert large.faults == ()
    assert large.rows_read <= 3 * small.rows_read
    answer = await committed_client.get(
        "/approval-tasks",
        params={"state": "OPEN", "sort": "asked_at", "include_total": True},
        headers=as_(tenant, "sun"),
    )
    assert answer.json()["total"] == 5_000
    names = [one["record_name"] for one in answer.json()["items"]]
    assert names[:2] == ["Q-2026-000000", "Q-2026-000002"]


async def analyzed(committed: Committed) -> None:
    """Let PostgreSQL count the rows, as autovacuum does in time."""
    connection = await asyncpg.connect(committed.urls.owner_url.replace("+asyncpg", ""))
    try:
        await connection.execute("ANALYZE approvals; ANALYZE approval_seats")
    finally:
        await connection.close()
