"""After a loss on one side, snapshots of the other one bring requests and answers back."""

from datetime import timedelta

import asyncpg
import pytest

from chassis.foundation.clock import now
from chassis.records.snapshots.runs import SNAPSHOT_JOB, request_snapshot
from testkit import databases
from tests.journeys import test_approvals
from tests.journeys.due_jobs import run_due
from tests.journeys.test_approvals import Approvals
from tests.journeys.test_messages import a_quote
from tests.journeys.world import World

approvals = test_approvals.approvals  # the fixture
REQUESTS_ARE_LOST = (
    "TRUNCATE approvals, approval_seats, approval_history, search_texts, search_grams, record_work,"
    " record_grants, outbox, jobs CASCADE"
)


async def publish_snapshot(world: World, service: str, aggregate: str) -> None:
    """Publish the present state of an aggregate again, and deliver it."""
    async with world.workers[service].begin(world.tenant) as tx:
        await request_snapshot(tx, service, aggregate, by="ops", now=now())
    for minutes in range(3):  # its records, its end, and that the end was sent
        after = timedelta(minutes=minutes)
        assert await run_due(world, service, SNAPSHOT_JOB, after=after) >= 1
        await world.deliver_events()


async def lose(world: World, service: str, *statements: str) -> None:
    """Change a service's database past all of its code, as a restored backup does."""
    name = world.urls[service].name
    connection = await asyncpg.connect(databases.admin_dsn(), database=name)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_requests_that_desk_has_lost_are_opened_again_and_decided(
    approvals: Approvals,
) -> None:
    world = approvals.world
    path = await approvals.submitted()
    await approvals.decide("east_head")
    [before] = await world.items("/desk/v1/approvals")
    await lose(world, "desk", REQUESTS_ARE_LOST)
    assert await world.items("/desk/v1/approvals") == []
    for _ in range(2):  # a snapshot of what is there changes nothing
        await publish_snapshot(world, "cpq", "approval_request")
    [after] = await world.items("/desk/v1/approvals")
    kept = ("id", "status", "kind", "record_id", "record_version", "requested_by", "requested_at")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    whole = await world.get(f"/desk/v1/approvals/{after['id']}")
    assert whole["facts"]["discount_rate"] == "0.15"
    await approvals.decide("east_head")  # what was decided before is lost: it is asked again
    await approvals.decide("head")
    assert await approvals.status(path) == "APPROVED"


async def test_requests_that_have_ended_are_not_opened_again(approvals: Approvals) -> None:
    world = approvals.world
    path = await approvals.submitted()
    await approvals.decide("east_head", "reject")
    await lose(world, "desk", REQUESTS_ARE_LOST)
    await publish_snapshot(world, "cpq", "approval_request")
    assert await world.items("/desk/v1/approvals") == []
    assert await approvals.status(path) == "DRAFT"


@pytest.mark.parametrize(("verb", "status"), [("approve", "APPROVED"), ("reject", "DRAFT")])
async def test_an_answer_that_was_lost_is_answered_again(
    approvals: Approvals, verb: str, status: str
) -> None:
    world = approvals.world
    path = await approvals.submitted()
    await approvals.decide("east_head")
    task = await approvals.task("head")
    body = {"comment": "已核对"}
    await approvals.as_("head").post(f"/desk/v1/approval-tasks/{task['id']}/{verb}", body)
    await lose(world, "desk", "DELETE FROM outbox WHERE type = 'desk.approval.decided.v1'")
    await world.deliver_events()
    assert await approvals.status(path) == "IN_APPROVAL"
    await publish_snapshot(world, "desk", "approval")
    assert await approvals.status(path) == status
    version = (await world.get(path))["version"]
    await publish_snapshot(world, "desk", "approval")
    assert (await world.get(path))["version"] == version
    here, there = await approvals.outcomes()
    assert here == there


async def test_what_became_of_messages_is_restored_from_desk(world: World) -> None:
    quote = await a_quote(world)
    path = f"/cpq/v1/quotes/{quote['id']}/messages"
    await world.post(path, {"email": "wang@example.com"})
    await world.deliver_events()
    await world.post("/desk/v1/message-bans", {"email": "li@example.com"})
    await world.post(path, {"email": "li@example.com"})
    await world.deliver_events()
    before = await world.items(path)
    assert [one["status"] for one in before] == ["REFUSED", "QUEUED"]
    await lose(world, "cpq", "TRUNCATE message_states")
    assert [one["status"] for one in await world.items(path)] == ["QUEUED", "QUEUED"]
    await publish_snapshot(world, "desk", "message")
    assert await world.items(path) == before


async def test_consents_are_restored_from_mtl(world: World) -> None:
    lead = await world.post("/mtl/v1/leads", {"name": "王芳", "email": "wang@example.com"})
    await world.post(f"/mtl/v1/leads/{lead['id']}/consents/withdraw", {"media": ["MAIL"]})
    await world.deliver_events()
    await lose(world, "desk", "TRUNCATE message_consents")
    await publish_snapshot(world, "mtl", "consent")
    withdrawn = "SELECT count(*) FROM message_consents WHERE state = 'WITHDRAWN'"
    assert await world.count("desk", withdrawn) == 1
