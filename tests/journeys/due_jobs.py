"""Runs the due jobs of the test's tenant, now or as if some time had passed."""

from datetime import timedelta
from importlib import import_module

from sqlalchemy import select

from chassis.composition.worker import Worker
from chassis.database.backbone_tables import jobs
from chassis.foundation.clock import now
from chassis.jobs.queue import Done
from testkit.jobs import job_of, run_steps
from tests.journeys.world import World


async def run_due(world: World, service: str, kind: str, *, after: timedelta = timedelta()) -> int:
    """Run jobs of this kind until none is due; return the number of runs."""
    runs = 0
    while await _run_one(world, service, kind, after):
        runs += 1
    return runs


async def _run_one(world: World, service: str, kind: str, after: timedelta) -> bool:
    worker: Worker = import_module(f"{service}.worker").WORKER
    async with world.workers[service].begin(world.tenant) as tx:
        of_kind = (jobs.c.tenant_id == world.tenant) & (jobs.c.kind == kind)
        due = jobs.c.run_at <= now() + after
        row = (await tx.execute(select(jobs).where(of_kind, due).limit(1))).one_or_none()
        if row is None:
            return False
        job = job_of(row, now=now() + after)
        if kind in worker.split_jobs:
            outcome = await run_steps(worker.split_jobs[kind], tx, job)
        else:
            outcome = await worker.jobs[kind](tx, job)
        this_job = jobs.c.id == row.id
        if isinstance(outcome, Done):
            await tx.execute(jobs.delete().where(this_job))
        else:
            values = {"payload": dict(outcome.payload), "run_at": outcome.run_at}
            await tx.execute(jobs.update().where(this_job).values(values))
    return True
