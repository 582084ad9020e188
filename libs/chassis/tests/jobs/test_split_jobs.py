"""Jobs in three steps: no transaction is open in the middle one, and a crash there repeats it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from prometheus_client import REGISTRY
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Again, Done, Job, cancel, enqueue
from chassis.jobs.runner import JobRunner
from chassis.jobs.split_jobs import SplitJob
from kernel.ids import new_id
from libs.chassis.tests.jobs.running import (
    LONG_AGO,
    all_jobs,
    enqueue_due_jobs,
    eventually,
    no_job_is_left,
    running,
    shortly,
    texts,
    write_note,
)
from testkit.plugin import Committed

KIND = "call"
Middle = Callable[[str], Awaitable[str]]


@dataclass
class Calls:
    """What a job did, step by step; `middle` is what its second step does."""

    middle: Middle
    steps: list[str] = field(default_factory=list)

    def job(self) -> SplitJob[str, str]:
        return SplitJob(prepare=self.prepare, perform=self.perform, record=self.record)

    async def prepare(self, tx: AsyncConnection, job: Job) -> str | Done | Again:
        self.steps.append(f"prepare {job.key}")
        if job.key == "nothing to do":
            return Done()
        await write_note(tx, f"prepared {job.key}")
        return job.key

    async def perform(self, work: str) -> str:
        self.steps.append(f"perform {work}")
        return await self.middle(work)

    async def record(self, tx: AsyncConnection, job: Job, work: str, result: str) -> Done | Again:
        self.steps.append(f"record {work}: {result}")
        await write_note(tx, f"{work}: {result}")
        return Done()


async def answered(work: str) -> str:
    return "answered"


def runner_of(committed: Committed, calls: Calls, *, attempts: int = 8) -> JobRunner:
    return JobRunner(committed.worker, {KIND: calls.job()}, attempts=attempts, backoff=shortly)


async def test_the_middle_step_runs_without_a_transaction(committed: Committed) -> None:
    tenant = new_id()
    open_in_the_middle: list[int] = []

    async def look(work: str) -> str:
        async with committed.app.begin(None) as tx:
            others = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()"
            )
            open_in_the_middle.append(await tx.scalar(others) or 0)
        return "answered"

    calls = Calls(look)
    await enqueue_due_jobs(committed, tenant, KIND, ["a"])
    async with running(runner_of(committed, calls)):
        await eventually(no_job_is_left(committed))
    assert calls.steps == ["prepare a", "perform a", "record a: answered"]
    assert open_in_the_middle == [0]
    assert await texts(committed, tenant) == ["prepared a", "a: answered"]


async def test_each_chunk_in_three_steps_counts_in_the_metric_of_late_jobs(
    committed: Committed,
) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("l2c_job_late_seconds_count", {"kind": KIND}) or 0

    before = counted()
    await enqueue_due_jobs(committed, new_id(), KIND, ["a", "b"])
    async with running(runner_of(committed, Calls(answered))):
        await eventually(no_job_is_left(committed))
    assert counted() == before + 2


async def test_a_job_may_end_before_its_middle_step(committed: Committed) -> None:
    calls = Calls(answered)
    await enqueue_due_jobs(committed, new_id(), KIND, ["nothing to do"])
    async with running(runner_of(committed, calls)):
        await eventually(no_job_is_left(committed))
    assert calls.steps == ["prepare nothing to do"]


async def test_an_error_in_the_middle_is_tried_again_and_given_up(committed: Committed) -> None:
    async def fail(work: str) -> str:
        raise OSError("nobody answers")

    calls = Calls(fail)
    await enqueue_due_jobs(committed, new_id(), KIND, ["a"])

    async def given_up() -> bool:
        return [job.status for job in await all_jobs(committed)] == ["FAILED"]

    async with running(runner_of(committed, calls, attempts=3)):
        await eventually(given_up)
    assert calls.steps == ["prepare a", "perform a"] * 3
    [job] = await all_jobs(committed)
    assert (job.attempts, job.last_error) == (3, "OSError: nobody answers")


async def test_a_leased_job_is_run_by_nobody_else_until_the_lease_ends(
    committed: Committed,
) -> None:
    """A process that died in the middle leaves a row that is due when its lease ends."""
    tenant, calls = new_id(), Calls(answered)
    await enqueue_due_jobs(committed, tenant, KIND, ["a"])
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(update(jobs).values(run_at=text("now() + interval '10 minutes'")))
    await enqueue_due_jobs(committed, tenant, KIND, ["b"])

    async def only_a_is_left() -> bool:
        return [job.key for job in await all_jobs(committed)] == ["a"]

    async with running(runner_of(committed, calls)):
        await eventually(only_a_is_left)
        async with committed.worker.begin(tenant) as tx:
            await tx.execute(update(jobs).values(run_at=LONG_AGO))
        await eventually(no_job_is_left(committed))
    assert [step for step in calls.steps if step.startswith("perform")] == [
        "perform b",
        "perform a",
    ]


async def test_what_was_done_is_recorded_although_the_job_was_cancelled(
    committed: Committed,
) -> None:
    tenant = new_id()

    async def cancelled(work: str) -> str:
        async with committed.app.begin(tenant) as tx:
            assert await cancel(tx, KIND, work)
        return "answered"

    calls = Calls(cancelled)
    await enqueue_due_jobs(committed, tenant, KIND, ["a"])

    async def recorded() -> bool:
        return "a: answered" in await texts(committed, tenant)

    async with running(runner_of(committed, calls)):
        await eventually(recorded)
    assert await all_jobs(committed) == []


async def test_a_job_enqueued_anew_meanwhile_runs_again(committed: Committed) -> None:
    tenant = new_id()
    asked: list[str] = []

    async def ask_again(work: str) -> str:
        if not asked:
            asked.append(work)
            async with committed.app.begin(tenant) as tx:
                soon = LONG_AGO + timedelta(days=1)
                await enqueue(tx, KIND, work, run_at=soon, replace=True)
        return "answered"

    calls = Calls(ask_again)
    await enqueue_due_jobs(committed, tenant, KIND, ["a"])
    async with running(runner_of(committed, calls)):
        await eventually(no_job_is_left(committed))
    assert calls.steps.count("perform a") == 2
