"""Tests of jobs given up after their last attempt: the `failed` handler runs once."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Done, Job
from chassis.jobs.runner import JobRunner
from libs.chassis.tests.jobs.running import (
    all_jobs,
    enqueue_due_jobs,
    eventually,
    running,
    shortly,
    texts,
    write_note,
)
from testkit.plugin import Committed


def the_job_has_failed(committed: Committed) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return [job.status for job in await all_jobs(committed)] == ["FAILED"]

    return check


async def test_a_job_that_is_given_up_calls_its_failed_handler(
    committed: Committed, tenant: UUID
) -> None:
    async def broken(tx: AsyncConnection, job: Job) -> Done:
        await write_note(tx, "lost")
        raise ValueError("never")

    async def report_failure(tx: AsyncConnection, job: Job) -> None:
        assert current().tenant == str(job.tenant) == str(tenant)
        await write_note(tx, f"given up: {job.kind} {job.key}")

    await enqueue_due_jobs(committed, tenant, "broken", ["1"])
    runner = JobRunner(
        committed.worker,
        {"broken": broken},
        failure_handlers={"broken": report_failure},
        attempts=3,
        backoff=shortly,
    )
    async with running(runner):
        await eventually(the_job_has_failed(committed))
    assert await texts(committed, tenant) == ["given up: broken 1"]


async def test_a_job_fails_even_if_its_failed_handler_raises(
    committed: Committed, tenant: UUID, logs: list[MutableMapping[str, Any]]
) -> None:
    async def broken(_: AsyncConnection, job: Job) -> Done:
        raise ValueError("never")

    async def failing_report(tx: AsyncConnection, job: Job) -> None:
        await write_note(tx, "lost")
        raise KeyError("neither")

    await enqueue_due_jobs(committed, tenant, "broken", ["1"])
    runner = JobRunner(
        committed.worker,
        {"broken": broken},
        failure_handlers={"broken": failing_report},
        attempts=1,
    )
    async with running(runner):
        await eventually(the_job_has_failed(committed))
    (job,) = await all_jobs(committed)
    assert (job.attempts, job.last_error) == (1, "ValueError: never")
    assert await texts(committed, tenant) == []
    assert [line["kind"] for line in logs if line["event"] == "job_given_up_badly"] == ["broken"]
