"""A grant is forgotten on the day it ends, wherever the tenant is; the audit remembers it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Done
from chassis.records.access.expiry import GRANT_EXPIRY_JOB, GRANT_JOBS
from chassis.records.access.tables import grants
from libs.chassis.tests.access.people import People
from testkit.directory import Company, directory_id
from testkit.jobs import job_of

TODAY = datetime.now(UTC).date()
SOON, LATER = TODAY + timedelta(days=3), TODAY + timedelta(days=9)


async def share(people: People, card: str, until: date | None) -> None:
    path = f"/cards/{card}/shares/PERSON/{directory_id('wang')}"
    body: dict[str, Any] = {} if until is None else {"until_date": until.isoformat()}
    assert (await people.put("li", path, body)).status_code == 200


async def due(tx: AsyncConnection) -> list[Any]:
    return list(await tx.execute(select(jobs).where(jobs.c.kind == GRANT_EXPIRY_JOB)))


async def run(tx: AsyncConnection, at: datetime) -> None:
    """The one job there is, as a worker does it at this time."""
    [row] = await due(tx)
    assert await GRANT_JOBS[GRANT_EXPIRY_JOB](tx, job_of(row, now=at)) == Done()


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


async def left(tx: AsyncConnection) -> int:
    return len(list(await tx.execute(select(grants.c.id))))


async def test_a_grant_goes_when_its_last_day_is_over_everywhere(
    company: Company, people: People, tx: AsyncConnection
) -> None:
    card = await people.card("li")
    await share(people, card, SOON)
    [promised] = await due(tx)
    assert promised.run_at == midnight(SOON) + timedelta(days=1)
    await run(tx, promised.run_at - timedelta(minutes=1))
    assert await left(tx) == 1
    await run(tx, promised.run_at)
    assert await left(tx) == 0


async def test_a_grant_that_was_prolonged_stays(
    company: Company, people: People, tx: AsyncConnection
) -> None:
    card = await people.card("li")
    await share(people, card, SOON)
    await share(people, card, LATER)
    [promised] = await due(tx)
    assert promised.run_at == midnight(LATER) + timedelta(days=1)
    await share(people, card, None)
    await run(tx, promised.run_at)
    assert await left(tx) == 1
