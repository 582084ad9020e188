"""Jobs over many leads: those that are due fall back, and all are scored anew."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from mtl.recyclings.actions import ACTOR, RECYCLING_JOB
from mtl.rule_sets.store import LEAD_RETENTION, LEAD_SCORE, VERSIONS
from mtl.scores.actions import RESCORING_JOB
from rules.versions import Draft, draft_of, publish
from tests.bench.machine.generator import copy_leads, generated_leads
from tests.bench.machine.measuring import Operation, Prepare, Reach, Row, Work
from tests.bench.machine.system import System
from tests.bench.machine.waiting import wait_for_count

SMALL, LARGE, HOUR = 2_000, 100_000, 3_600
JOBS = ("mtl-jobs",)
ALWAYS: Mapping[str, Any] = {"all": []}
KEPT: Mapping[str, Any] = {"next_follow_up": {"count": 7, "unit": "DAYS"}, "barred_days": 3}
# All leads had their owners for a month, in which nobody followed them up.
MAKE_DUE = """
UPDATE leads SET owner_id = 'person-7', assignment_status = NULL, unassigned_reason = NULL,
  owned_since = now() - interval '30 days', falls_back_at = now() - interval '1 day',
  clock_due_at = now() - interval '1 day'
"""
WITHOUT_OWNER = "SELECT count(*) FROM leads WHERE owner_id IS NULL"
SCORED = "SELECT count(*) FROM leads WHERE score = $1"
points = count(1)  # other ones in every run, so that the score of each lead changes


async def _filled(system: System, size: int) -> None:
    async def fill(connection: asyncpg.Connection, tenant: Any) -> None:
        await copy_leads(connection, tenant, generated_leads(size))

    await system.use_filled("mtl", f"leads_{size}", fill)


async def _publish(tx: AsyncConnection, name: str, policy: str, row: Mapping[str, Any]) -> None:
    latest = await VERSIONS.latest(tx, name)
    content = {"hit_policy": policy, "rows": [{"id": "a", "condition": ALWAYS, **row}]}
    draft = Draft(content=content, based_on=draft_of(latest).based_on)
    version = publish(latest, draft, by="bench", at=datetime.now(UTC))
    if version != latest:
        await VERSIONS.add(tx, name, version)


async def due_leads(system: System, _: int, *, size: int) -> int:
    """Let all leads be due by rules that are in force; return how many they are."""
    async with system.superuser("mtl") as connection:
        await connection.execute(MAKE_DUE)
    async with system.database("mtl") as database, database.begin(system.tenant) as tx:
        await _publish(tx, LEAD_RETENTION, "FIRST", {"name": "a", "outcome": KEPT})
    return size


async def recycle(system: System, due: int) -> None:
    """Queue the job that looks for due leads, and wait until nobody has any."""
    async with system.database("mtl") as database, database.begin(system.tenant) as tx:
        await queue.enqueue(
            tx, RECYCLING_JOB, "due", run_at=datetime.now(UTC), actor=ACTOR, replace=True
        )
    async with system.superuser("mtl") as connection:
        await wait_for_count(connection, WITHOUT_OWNER, count=due, seconds=HOUR)


async def other_rules(system: System, _: int, *, size: int) -> tuple[int, int]:
    """Publish rules that give every lead another score; return it with the number of leads."""
    score = next(points) % 100 + 1
    async with system.database("mtl") as database, database.begin(system.tenant) as tx:
        await _publish(tx, LEAD_SCORE, "SUM", {"points": score})
    return score, size


async def rescore(system: System, wanted: tuple[int, int]) -> None:
    """Queue the job that scores leads anew, and wait until all have the new score."""
    score, size = wanted
    async with system.database("mtl") as database, database.begin(system.tenant) as tx:
        await queue.enqueue(
            tx,
            RESCORING_JOB,
            "all",
            run_at=datetime.now(UTC),
            payload={"after": None},
            actor=ACTOR,
            replace=True,
        )
    async with system.superuser("mtl") as connection:
        await wait_for_count(connection, SCORED, score, count=size, seconds=HOUR)


def _row(name: str, what: str, size: int, prepare: Prepare, work: Work) -> Row:
    operation = Operation(
        ready=partial(_filled, size=size),
        prepare=prepare,
        work=work,
        processes=JOBS,
        count=size,
        leave_running=False,
    )
    title = f"{what}, of {size:,} in one go"
    return Row(f"sweeps.{name}", title, Reach(), operation.measure, "x L2")


def rows(size: int) -> Sequence[Row]:
    """Return the rows of sweeps over so many leads."""
    return (
        _row("recycle", "a due lead falls back", size, partial(due_leads, size=size), recycle),
        _row("rescore", "a lead is scored anew", size, partial(other_rules, size=size), rescore),
    )


ROWS: Sequence[Row] = rows(SMALL)
DEEP_ROWS: Sequence[Row] = rows(LARGE)
