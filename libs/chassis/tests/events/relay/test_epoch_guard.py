"""The workers of a restored database wait for the operator; those of others do not."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette

from chassis.composition.run_worker import Runner, run_guarded
from chassis.database.connections import open_connection
from chassis.events.relay.epoch import rebase_database
from chassis.events.relay.epoch_guard import EpochGuard
from chassis.web.health import health_routes
from testkit.databases import create_database, drop
from testkit.plugin import Committed

RESTORED = "UPDATE database_epoch SET system_identifier = '7' || system_identifier"
QUICK = 0.05


async def restore(committed: Committed) -> None:
    """Make the database look as if its backup came from another cluster."""
    async with open_connection(committed.urls.worker_url, name="test") as worker:
        await worker.execute("INSERT INTO database_epoch VALUES (1, 'first', 1)")
    async with open_connection(committed.urls.owner_url, name="test") as owner:
        await owner.execute(RESTORED)


async def test_a_new_database_is_verified_at_once(committed: Committed) -> None:
    guard = EpochGuard("testkit", committed.urls.worker_url)
    await guard.wait(asyncio.Event())
    assert await guard.check() is None


async def test_only_the_service_with_the_restored_database_waits(
    committed: Committed, worker_id: str
) -> None:
    await restore(committed)
    other = await create_database("testkit", f"unrestored_{worker_id}")
    running: dict[str, asyncio.Event] = {"restored": asyncio.Event(), "other": asyncio.Event()}
    stop = asyncio.Event()

    def runner(name: str) -> Runner:
        async def run(stop: asyncio.Event) -> None:
            running[name].set()
            await stop.wait()

        return run

    guards = {
        "restored": EpochGuard("testkit", committed.urls.worker_url),
        "other": EpochGuard("testkit", other.worker_url),
    }
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        for name, guard in guards.items():
            tasks.create_task(run_guarded(guard, [runner(name)], stop))
        await running["other"].wait()
        while not guards["restored"].problem:  # noqa: ASYNC110  # a sentence sets no event
            await asyncio.sleep(QUICK)
        assert not running["restored"].is_set()
        await rebase_database(committed.urls.owner_url)
        await running["restored"].wait()
        assert guards["restored"].problem is None
        stop.set()
    await drop(other)


async def test_a_stop_ends_the_waiting(committed: Committed) -> None:
    await restore(committed)
    guard, stop = EpochGuard("testkit", committed.urls.worker_url), asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(guard.wait(stop, every=QUICK))
        while not guard.problem:  # noqa: ASYNC110  # a sentence sets no event
            await asyncio.sleep(QUICK)
        stop.set()
    assert "events rebase testkit" in str(await guard.check())


@pytest.mark.parametrize("problem", [None, "Restored: run `events rebase cpq`."])
async def test_readiness_names_what_an_operator_must_do(problem: str | None) -> None:
    async def guarded() -> str | None:
        return problem

    routes = health_routes({}, draining=asyncio.Event(), for_operator={"cpq epoch": guarded})
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://worker.test") as http:
        answer = await http.get("/readyz")
    assert answer.status_code == (503 if problem else 200)
    assert answer.json()["waiting_for_operator"] == ([problem] if problem else [])
