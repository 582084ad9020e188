"""The totals of an account after a rebuild of their copies, while RMS goes on writing."""

import asyncio

from sqlalchemy import delete, select, update

from chassis.events.rebuilds.logs import OutboxLog
from chassis.events.rebuilds.rebuilder import Rebuilder
from chassis.events.rebuilds.requests import RebuildStatus, get_rebuild, request_rebuild
from chassis.events.replicas import ReplicaSubscription
from chassis.foundation.clock import now
from chassis.records.snapshots.runs import SNAPSHOT_JOB, request_snapshot
from kernel.ids import new_id
from l2o.orders.store import orders
from l2o.payments.store import payments
from l2o.worker import WORKER
from tests.journeys.due_jobs import run_due
from tests.journeys.steps import cny, create_confirmed_order
from tests.journeys.world import Json, World


async def receive(world: World, account_id: str, amount: str) -> Json:
    body = {
        "account_id": account_id,
        "amount": cny(amount),
        "bank_reference": str(new_id()),
        "received_date": str(now().date()),
    }
    return await world.post("/rms/v1/payments", body)


async def sums(world: World, account_id: str) -> dict[str, str]:
    [one] = (await world.get(f"/l2o/v1/accounts/{account_id}/totals"))["totals"]
    return {name: one[name]["amount"] for name in ("ordered", "shipped", "received")}


async def rebuild(world: World) -> RebuildStatus:
    """Rebuild the copies behind the totals from the outboxes."""
    [replica] = [one for one in WORKER.subscriptions if one.name == "l2o.totals"]
    assert isinstance(replica, ReplicaSubscription)
    worker, rebuild_id = world.workers["l2o"], new_id()
    async with worker.begin(world.tenant) as tx:
        await request_rebuild(tx, [world.tenant], replica.name, rebuild_id, by="ada", now=now())
    await Rebuilder([replica], worker, OutboxLog(world.workers)).build_requested()
    async with worker.begin(world.tenant) as tx:
        return (await get_rebuild(tx, rebuild_id)).status


async def test_a_rebuild_gives_the_same_totals_while_rms_writes(world: World) -> None:
    """11635.66 is ordered and shipped; 100.00 - 30.00 and 10 x 1.00 are received: 80.00."""
    order = await create_confirmed_order(world)
    account_id = order["account_id"]
    paid = await receive(world, account_id, "100.00")
    await world.post(
        f"/rms/v1/payments/{paid['id']}/refunds", {"amount": cny("30.00"), "reason": "多付"}
    )
    await world.post(f"/rms/v1/orders/{order['id']}/shipments")
    await world.deliver_events()
    expected = {"ordered": "11635.66", "shipped": "11635.66", "received": "70.00"}
    assert await sums(world, account_id) == expected

    async with world.workers["l2o"].begin(world.tenant) as tx:
        await tx.execute(update(orders).values(ordered=1, shipped=2))
        await tx.execute(delete(payments))

    async def go_on() -> None:
        for _ in range(10):
            await receive(world, account_id, "1.00")
            await world.deliver_events()

    status, _ = await asyncio.gather(rebuild(world), go_on())
    await world.deliver_events()
    assert status is RebuildStatus.FINISHED
    assert await sums(world, account_id) == {**expected, "received": "80.00"}


async def test_a_snapshot_gives_the_totals_of_an_empty_copy(world: World) -> None:
    order = await create_confirmed_order(world)
    await receive(world, order["account_id"], "8.00")
    await world.deliver_events()
    before = await sums(world, order["account_id"])
    async with world.workers["l2o"].begin(world.tenant) as tx:
        for table in (orders, payments):
            await tx.execute(delete(table))
    async with world.workers["rms"].begin(world.tenant) as tx:
        await request_snapshot(tx, "rms", None, by="ada", now=now())
    assert await run_due(world, "rms", SNAPSHOT_JOB) > 0
    await world.deliver_events()
    assert await sums(world, order["account_id"]) == before
    async with world.workers["l2o"].begin(world.tenant) as tx:
        assert (await tx.scalars(select(orders.c.document_no))).all() == [order["document_no"]]
