"""Tests of expiry: a grant is deleted once its last day is over in every time zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Done
from chassis.records.access.expiry import GRANT_EXPIRY_JOB, GRANT_JOBS
from chassis.records.access.tables import grants
from libs.chassis.tests.records.access.people import People
from testkit.directory import Company, directory_id
from testkit.jobs import job_of

TODAY = datetime.now(UTC).date()
SOON, LATER = TODAY + timedelta(days=3), TODAY + timedelta(days=9)


async def share(people: People, card: str, until: date | None) -> None:
    path = f"/cards/{card}/shares/PERSON/{directory_id('wang')}"
    body: dict[str, Any] = {} if until is None else {"until_date": until.isoformat()}
    assert (await people.put("li", path, body)).status_code == 200


async def expiry_jobs(tx: AsyncConnection) -> list[Any]:
    return list(await tx.execute(select(jobs).where(jobs.c.kind == GRANT_EXPIRY_JOB)))


async def run(tx: AsyncConnection, at: datetime) -> None:
    """Run the only expiry job as a worker would at this time."""
    [row] = await expiry_jobs(tx)
    assert await GRANT_JOBS[GRANT_EXPIRY_JOB](tx, job_of(row, now=at)) == Done()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def count_grants(tx: AsyncConnection) -> int:
    return len(list(await tx.execute(select(grants.c.id))))


async def test_a_grant_is_deleted_when_its_last_day_is_over_everywhere(
    company: Company, people: People, tx: AsyncConnection
) -> None:
    card = await people.card("li")
    await share(people, card, SOON)
    [job] = await expiry_jobs(tx)
    assert job.run_at == midnight(SOON) + timedelta(days=1)
    await run(tx, job.run_at - timedelta(minutes=1))
    assert await count_grants(tx) == 1
    await run(tx, job.run_at)
    assert await count_grants(tx) == 0


async def test_an_extended_grant_is_kept(
    company: Company, people: People, tx: AsyncConnection
) -> None:
    card = await people.card("li")
    await share(people, card, SOON)
    await share(people, card, LATER)
    [job] = await expiry_jobs(tx)
    assert job.run_at == midnight(LATER) + timedelta(days=1)
    await share(people, card, None)
    await run(tx, job.run_at)
    assert await count_grants(tx) == 1
