"""The expiry job: it runs at the end of a quote's last day in the tenant's time zone."""

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
from cpq.quotes.timers import run_quote_expiry
from cpq.worker import WORKER
from kernel.ids import new_id
from services.cpq.tests.conftest import SetClock
from services.cpq.tests.factories import NOON, Shop, create_quote
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
MIDNIGHT = datetime(2026, 11, 30, 16, tzinfo=UTC)  # the end of 30 November in Shanghai
SECOND = timedelta(seconds=1)


async def create_sent_quote(client: Client, shop: Shop) -> dict[str, Any]:
    quote = await create_quote(client, shop.body(valid_until="2026-11-30"))
    answer: dict[str, Any] = (await client.post(f"/quotes/{quote['id']}/send")).json()
    return answer


def expiry_job(quote_id: str, *, now: datetime) -> Job:
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
        # In Sao Paulo this day began at one o'clock, because midnight was skipped.
        (date(2018, 11, 4), "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ],
)
def test_start_of_day_in_time_zones(day: date, timezone: str, instant: datetime) -> None:
    assert start_of_day(day, timezone) == instant


async def test_sending_schedules_the_expiry(
    client: Client, tx: AsyncConnection, shop: Shop, set_clock: SetClock
) -> None:
    assert WORKER.jobs[EXPIRE_JOB] is run_quote_expiry
    set_clock(NOON)
    quote = await create_sent_quote(client, shop)
    assert (await client.post(f"/quotes/{quote['id']}/send")).json() == quote
    [row] = await tx.execute(select(jobs.c.kind, jobs.c.key, jobs.c.run_at))
    assert tuple(row) == (EXPIRE_JOB, quote["id"], MIDNIGHT)


async def test_a_quote_expires_at_midnight_and_not_before(
    client: Client, tx: AsyncConnection, shop: Shop, set_clock: SetClock, published: PublishedFacts
) -> None:
    set_clock(NOON)
    quote = await create_sent_quote(client, shop)
    early = await run_quote_expiry(tx, expiry_job(quote["id"], now=MIDNIGHT - SECOND))
    assert early == Again(run_at=MIDNIGHT)
    assert (await client.get(f"/quotes/{quote['id']}")).json() == quote
    for _ in range(2):  # the second run changes nothing
        assert await run_quote_expiry(tx, expiry_job(quote["id"], now=MIDNIGHT)) == Done()
    expired = (await client.get(f"/quotes/{quote['id']}")).json()
    assert (expired["status"], expired["expired_at"]) == ("EXPIRED", "2026-11-30T16:00:00Z")
    answer = await client.post(f"/quotes/{quote['id']}/accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "QUOTE_EXPIRED")
    facts = await published()
    assert [(f.type, f.sequence) for f in facts[2:]] == [("cpq.quote.expired.v1", 3)]
    set_clock(MIDNIGHT)
    revision = (await client.post(f"/quotes/{quote['id']}/revise", json={})).json()
    assert (revision["revision"], revision["valid_until"]) == (2, "2026-12-31")


async def test_expiry_follows_a_changed_time_zone(
    client: Client, tx: AsyncConnection, shop: Shop, set_clock: SetClock
) -> None:
    set_clock(NOON)
    quote = await create_sent_quote(client, shop)
    await tx.execute(update(tenant_settings).values(timezone="America/New_York"))
    outcome = await run_quote_expiry(tx, expiry_job(quote["id"], now=MIDNIGHT))
    assert outcome == Again(run_at=datetime(2026, 12, 1, 5, tzinfo=UTC))


@pytest.mark.parametrize("move", ["accept", "reject", "revise"])
async def test_an_answered_or_revised_quote_does_not_expire(
    client: Client, tx: AsyncConnection, shop: Shop, set_clock: SetClock, move: str
) -> None:
    set_clock(NOON)
    quote = await create_sent_quote(client, shop)
    body = {"accept": None, "reject": {"reason": "x"}, "revise": {}}[move]
    assert (await client.post(f"/quotes/{quote['id']}/{move}", json=body)).is_success
    before = (await client.get(f"/quotes/{quote['id']}")).json()
    assert await run_quote_expiry(tx, expiry_job(quote["id"], now=MIDNIGHT)) == Done()
    assert (await client.get(f"/quotes/{quote['id']}")).json() == before


async def test_expiring_a_missing_quote_is_no_error(tx: AsyncConnection, shop: Shop) -> None:
    assert await run_quote_expiry(tx, expiry_job(str(UUID(int=1)), now=MIDNIGHT)) == Done()
