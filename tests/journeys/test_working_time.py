"""A service measures deadlines by its own copies of org's working hours and own days."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from chassis.events.rebuilds.logs import OutboxLog
from chassis.events.rebuilds.rebuilder import Rebuilder
from chassis.events.rebuilds.requests import request_rebuild
from chassis.foundation.clock import now
from chassis.records.working_time.deadlines import clock_of, deadline_after
from chassis.records.working_time.replica import working_time_subscription
from chassis.records.working_time.tables import hours_of_departments, own_days, working_hours
from kernel.ids import new_id
from tests.journeys.world import Json, World

# One line is all that a service declares; MTL stands for any of them.
SUBSCRIPTION = working_time_subscription("mtl")
WEDNESDAY_5PM = datetime(2026, 12, 2, 9, tzinfo=UTC)  # 17:00 in Shanghai


async def copy_from_org(world: World) -> None:
    """Fill MTL's copies from org's events, as a rebuild does."""
    await world.deliver_events()
    async with world.workers["mtl"].begin(world.tenant) as tx:
        for table in (hours_of_departments, working_hours, own_days):
            await tx.execute(delete(table))
        tenants, name = [world.tenant], SUBSCRIPTION.name
        await request_rebuild(tx, tenants, name, new_id(), by="ada", now=now())
    log = OutboxLog(world.workers)
    assert await Rebuilder([SUBSCRIPTION], world.workers["mtl"], log).build_requested() == 1


async def deadline(world: World, minutes: int, **of: Any) -> datetime | None:
    async with world.workers["mtl"].begin(world.tenant) as tx:
        return await deadline_after(tx, WEDNESDAY_5PM, minutes, **of)


def shifts(start: str, end: str) -> Json:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    return {day: [{"start": start, "end": end, "breaks": []}] for day in days}


async def department(world: World, name: str, parent_id: str | None) -> str:
    body = {"name": name, "parent_id": parent_id}
    found: str = (await world.post("/org/v1/departments", body))["id"]
    return found


@pytest.fixture
async def shop(world: World) -> dict[str, str]:
    """A region works 10:00 to 18:00, its shop has no hours of its own, the rest 09:00 to 17:30."""
    root = await department(world, "总部", None)
    region = await department(world, "华东", root)
    found = {"root": root, "region": region, "shop": await department(world, "门店", region)}
    for name, week, move, body in (
        ("门店", shifts("10:00", "18:00"), "assign", {"department_id": region}),
        ("默认", shifts("09:00", "17:30"), "make-default", {}),
    ):
        hours = await world.post("/org/v1/working-hours", {"name": name, "week": week})
        await world.post(f"/org/v1/working-hours/{hours['id']}/{move}", body)
    return found


async def test_deadlines_follow_the_hours_of_the_department_by_inheritance(
    world: World, shop: dict[str, str]
) -> None:
    """From Wednesday 17:00, 120 minutes: the shop has 60 until 18:00 and 60 from 10:00 on; the
    headquarters has 30 until 17:30 and 90 from 9:00 on.
    """
    await copy_from_org(world)
    in_shop = datetime(2026, 12, 3, 3, tzinfo=UTC)  # Thursday 11:00
    at_root = datetime(2026, 12, 3, 2, 30, tzinfo=UTC)  # Thursday 10:30
    assert await deadline(world, 120, department_id=UUID(shop["shop"])) == in_shop
    assert await deadline(world, 120, department_id=UUID(shop["root"])) == at_root
    assert await deadline(world, 120) == at_root
    assert await deadline(world, 120, owner_id="nobody") == at_root
    assert await deadline(world, 0) == WEDNESDAY_5PM
    with pytest.raises(ValueError, match="less than zero"):
        await deadline(world, -1)


async def test_the_owner_has_the_hours_of_their_primary_department(
    world: World, shop: dict[str, str]
) -> None:
    post = {"department_id": shop["shop"], "primary": True}
    person = await world.post(
        "/org/v1/people", {"name": "李娜", "subject": "li-na", "posts": [post]}
    )
    await copy_from_org(world)
    expected = datetime(2026, 12, 3, 3, tzinfo=UTC)
    assert await deadline(world, 120, owner_id=person["subject"]) == expected


async def test_own_days_of_the_tenant_and_of_a_department_count(
    world: World, shop: dict[str, str]
) -> None:
    """Thursday is free for all but the region, and Friday is free in its shop."""
    for day, working, of in (
        ("2026-12-03", False, None),
        ("2026-12-03", True, shop["region"]),
        ("2026-12-04", False, shop["shop"]),
    ):
        path = f"/org/v1/calendar/days/{day}" + (f"?department_id={of}" if of else "")
        await world.call("PUT", path, {"working": working, "name": "盘点"})
    await copy_from_org(world)
    shanghai = timedelta(hours=8)
    # 60 minutes on Wednesday, 8 hours on Thursday, and one hour of the next working day.
    minutes = 60 + 8 * 60 + 60
    region = await deadline(world, minutes, department_id=UUID(shop["region"]))
    assert region == datetime(2026, 12, 4, 11, tzinfo=UTC) - shanghai
    in_shop = await deadline(world, minutes, department_id=UUID(shop["shop"]))
    assert in_shop == datetime(2026, 12, 7, 11, tzinfo=UTC) - shanghai
    at_root = await deadline(world, 60)
    assert at_root == datetime(2026, 12, 4, 9, 30, tzinfo=UTC) - shanghai
    listed = await world.get(
        "/org/v1/calendar/days?from_date=2026-12-03&to_date=2026-12-05"
        f"&department_id={shop['shop']}"
    )
    assert [day["kind"] for day in listed["items"]] == ["OWN_WORKDAY", "OWN_DAY_OFF"]


async def test_without_hours_the_built_in_ones_and_the_official_days_apply(world: World) -> None:
    """The first of October is a holiday in China; the week after it too, in 2026."""
    await copy_from_org(world)
    async with world.workers["mtl"].begin(world.tenant) as tx:
        clock = await clock_of(tx)
    assert clock.zone.key == "Asia/Shanghai"
    assert not clock.is_open(datetime(2026, 10, 1, 2, tzinfo=UTC))
    assert clock.is_open(datetime(2026, 12, 2, 2, tzinfo=UTC))
