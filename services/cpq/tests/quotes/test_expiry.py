"""The end of a quote's last day, in the tenant's zone, told by the clock of the jobs."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs, tenant_settings
from chassis.foundation.clock import start_of_day
from chassis.jobs.queue import Again, Done, Job
from cpq.quotes.actions.moves import EXPIRE_JOB
from cpq.quotes.timers import expire_quote
from cpq.worker import WORKER
from kernel.ids import new_id
from services.cpq.tests.conftest import At
from services.cpq.tests.factories import NOON, Shop, created
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
MIDNIGHT = datetime(2026, 11, 30, 16, tzinfo=UTC)  # that ends 30 November in Shanghai
SECOND = timedelta(seconds=1)


async def sent(client: Client, shop: Shop) -> dict[str, Any]:
    quote = await created(client, shop.body(valid_until="2026-11-30"))
    answer: dict[str, Any] = (await client.post(f"/quotes/{quote['id']}/send")).json()
    return answer


def job(quote_id: str, *, now: datetime) -> Job:
    return Job(
        tenant=new_id(),
        id=new_id(),
        kind=EXPIRE_JOB,
        key=quote_id,
        run_at=now,
        payload={},
        attempts=0,
        now=now,
    )


@pytest.mark.parametrize(
    ("day", "timezone", "instant"),
    [
        (date(2026, 12, 1), "Asia/Shanghai", MIDNIGHT),
        (date(2026, 12, 1), "UTC", datetime(2026, 12, 1, tzinfo=UTC)),
        # Clocks in New York go back an hour on 1 November 2026, at two in the morning.
        (date(2026, 11, 1), "America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        (date(2026, 11, 2), "America/New_York", datetime(2026, 11, 2, 5, tzinfo=UTC)),
        # In Sao Paulo the day began at one: midnight was skipped.
        (date(2018, 11, 4), "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ],
)
def test_when_a_day_begins(day: date, timezone: str, instant: datetime) -> None:
    assert start_of_day(day, timezone) == instant


async def test_sending_promises_the_end(
    client: Client, tx: AsyncConnection, shop: Shop, at: At
) -> None:
    assert WORKER.jobs[EXPIRE_JOB] is expire_quote
    at(NOON)
    quote = await sent(client, shop)
    assert (await client.post(f"/quotes/{quote['id']}/send")).json() == quote
    [row] = await tx.execute(select(jobs.c.kind, jobs.c.key, jobs.c.run_at))
    assert tuple(row) == (EXPIRE_JOB, quote["id"], MIDNIGHT)


async def test_it_expires_at_midnight_and_not_before(
    client: Client, tx: AsyncConnection, shop: Shop, at: At, published: PublishedFacts
) -> None:
    at(NOON)
    quote = await sent(client, shop)
    early = await expire_quote(tx, job(quote["id"], now=MIDNIGHT - SECOND))
    assert early == Again(run_at=MIDNIGHT)
    assert (await client.get(f"/quotes/{quote['id']}")).json() == quote
    for _ in range(2):  # and once only
        assert await expire_quote(tx, job(quote["id"], now=MIDNIGHT)) == Done()
    expired = (await client.get(f"/quotes/{quote['id']}")).json()
    assert (expired["status"], expired["expired_at"]) == ("EXPIRED", "2026-11-30T16:00:00Z")
    answer = await client.post(f"/quotes/{quote['id']}/accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "QUOTE_EXPIRED")
    facts = await published()
    assert [(f.type, f.sequence) for f in facts[2:]] == [("cpq.quote.expired.v1", 3)]
    at(MIDNIGHT)
    revision = (await client.post(f"/quotes/{quote['id']}/revise", json={})).json()
    assert (revision["revision"], revision["valid_until"]) == (2, "2026-12-31")


async def test_a_tenant_that_moved_west_has_more_time(
    client: Client, tx: AsyncConnection, shop: Shop, at: At
) -> None:
    at(NOON)
    quote = await sent(client, shop)
    await tx.execute(update(tenant_settings).values(timezone="America/New_York"))
    again = await expire_quote(tx, job(quote["id"], now=MIDNIGHT))
    assert again == Again(run_at=datetime(2026, 12, 1, 5, tzinfo=UTC))


@pytest.mark.parametrize("move", ["accept", "reject", "revise"])
async def test_what_was_answered_does_not_expire(
    client: Client, tx: AsyncConnection, shop: Shop, at: At, move: str
) -> None:
    at(NOON)
    quote = await sent(client, shop)
    body = {"accept": None, "reject": {"reason": "x"}, "revise": {}}[move]
    assert (await client.post(f"/quotes/{quote['id']}/{move}", json=body)).is_success
    before = (await client.get(f"/quotes/{quote['id']}")).json()
    assert await expire_quote(tx, job(quote["id"], now=MIDNIGHT)) == Done()
    assert (await client.get(f"/quotes/{quote['id']}")).json() == before


async def test_a_quote_that_is_gone_is_no_error(tx: AsyncConnection, shop: Shop) -> None:
    assert await expire_quote(tx, job(str(UUID(int=1)), now=MIDNIGHT)) == Done()
