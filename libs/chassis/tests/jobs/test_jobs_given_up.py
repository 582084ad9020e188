"""A job that is given up: who promised it learns of it, once and in the same step."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Done, Job
from chassis.jobs.runner import JobRunner
from libs.chassis.tests.jobs.running import (
    all_jobs,
    eventually,
    promise,
    running,
    shortly,
    texts,
    write_note,
)
from testkit.plugin import Committed


def given_up(committed: Committed) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return [job.status for job in await all_jobs(committed)] == ["FAILED"]

    return check


async def test_who_promised_a_job_learns_that_it_is_given_up(
    committed: Committed, tenant: UUID
) -> None:
    async def broken(tx: AsyncConnection, job: Job) -> Done:
        await write_note(tx, "lost")
        raise ValueError("never")

    async def mourn(tx: AsyncConnection, job: Job) -> None:
        assert current().tenant == str(job.tenant) == str(tenant)
        await write_note(tx, f"given up: {job.kind} {job.key}")

    await promise(committed, tenant, "broken", ["1"])
    runner = JobRunner(
        committed.worker,
        {"broken": broken},
        failure_handlers={"broken": mourn},
        attempts=3,
        backoff=shortly,
    )
    async with running(runner):
        await eventually(given_up(committed))
    assert await texts(committed, tenant) == ["given up: broken 1"]


async def test_a_job_ends_even_where_giving_it_up_fails(
    committed: Committed, tenant: UUID, logs: list[MutableMapping[str, Any]]
) -> None:
    async def broken(_: AsyncConnection, job: Job) -> Done:
        raise ValueError("never")

    async def hopeless(tx: AsyncConnection, job: Job) -> None:
        await write_note(tx, "lost")
        raise KeyError("neither")

    await promise(committed, tenant, "broken", ["1"])
    runner = JobRunner(
        committed.worker, {"broken": broken}, failure_handlers={"broken": hopeless}, attempts=1
    )
    async with running(runner):
        await eventually(given_up(committed))
    (job,) = await all_jobs(committed)
    assert (job.attempts, job.last_error) == (1, "ValueError: never")
    assert await texts(committed, tenant) == []
    assert [line["kind"] for line in logs if line["event"] == "job_given_up_badly"] == ["broken"]
