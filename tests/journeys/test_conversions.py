"""Conversions over both services: answers that are lost or late, and events that come again."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from chassis.database.backbone_tables import relay_cursors
from chassis.database.connections import open_connection
from tests.journeys.due_jobs import run_due
from tests.journeys.steps import convert_lead, create_qualified_lead
from tests.journeys.world import World

DEADLINE = "conversion_deadline"
L2O_TABLES = ("accounts", "contacts", "opportunities", "conversions")


async def made(world: World) -> list[int]:
    """Return how many accounts, contacts, opportunities and conversions L2O has."""
    return [await world.count("l2o", f"SELECT count(*) FROM {one}") for one in L2O_TABLES]


async def lose_events(world: World, service: str, kind: str) -> None:
    """Let the broker lose the events of a type: nobody ever reads them."""
    async with open_connection(world.urls[service].owner_url, name="journey") as connection:
        lost = "DELETE FROM outbox WHERE tenant_id = $1 AND type = $2"
        assert await connection.execute(lost, world.tenant, kind) == "DELETE 1"


async def check_after(world: World, hours: int) -> None:
    """Let MTL look at its conversions as if so many hours had passed."""
    assert await run_due(world, "mtl", DEADLINE, after=timedelta(hours=hours)) == 1


async def started(world: World) -> tuple[str, dict[str, Any]]:
    lead = await create_qualified_lead(world)
    path = f"/mtl/v1/leads/{lead['id']}"
    return path, await world.post(f"{path}/convert", expect=202)


async def test_events_that_come_three_times_make_one_of_each(world: World) -> None:
    operation = await convert_lead(world, await create_qualified_lead(world))
    for _ in range(3):
        for database in world.workers.values():
            async with database.begin(None) as tx:
                await tx.execute(update(relay_cursors).values(lo="1:1:", hi=None, last=0))
        await world.deliver_events()
    assert await made(world) == [1, 1, 1, 1]
    assert operation["status"] == "SUCCEEDED"


@pytest.mark.parametrize("lost", ["mtl.lead.converted.v1", "l2o.conversion.completed.v1"])
async def test_a_lost_event_is_repaired_by_the_deadline(world: World, lost: str) -> None:
    path, operation = await started(world)
    if lost.startswith("mtl"):
        await lose_events(world, "mtl", lost)
        await world.deliver_events()
    else:
        await world.deliver_events(["mtl"])
        await lose_events(world, "l2o", lost)
        await world.deliver_events()
    assert (await world.get(f"/mtl/v1/operations/{operation['id']}"))["status"] == "RUNNING"
    await check_after(world, 1)
    await world.deliver_events()
    assert (await world.get(f"/mtl/v1/operations/{operation['id']}"))["status"] == "SUCCEEDED"
    assert (await world.get(path))["opportunity_id"] == operation["result"]["opportunity_id"]
    assert await made(world) == [1, 1, 1, 1]


async def test_nothing_is_left_running_and_nothing_orphaned_while_l2o_is_away(
    world: World,
) -> None:
    """All events arrive after the lead was opened again; L2O's outcome and MTL's agree."""
    path, operation = await started(world)
    for hours in range(1, 6):
        await check_after(world, 2 * hours)
    assert (await world.get(path))["status"] == "SQL"
    ended = await world.get(f"/mtl/v1/operations/{operation['id']}")
    assert (ended["status"], ended["problem"]["code"]) == ("FAILED", "CONVERSION_UNANSWERED")
    await world.deliver_events()
    lead = await world.get(path)
    ended = await world.get(f"/mtl/v1/operations/{operation['id']}")
    accounts, *_ = await made(world)
    expected = ("CONVERTED", "SUCCEEDED") if accounts else ("SQL", "FAILED")
    assert (lead["status"], ended["status"]) == expected
    assert await made(world) == [accounts, accounts, accounts, 1]
    if not accounts:
        again = await convert_lead(world, lead)
        assert again["status"] == "SUCCEEDED"
