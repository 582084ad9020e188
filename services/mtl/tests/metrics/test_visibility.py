"""Whoever asks, a chart counts what the lists of the same caller hold."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from mtl.leads.domain.moves import LeadStatus
from services.mtl.tests.metrics.conftest import SetClock
from services.mtl.tests.metrics.factories import (
    add,
    at,
    chart,
    created_in,
    lead_of,
    listed,
    make_moves,
    of_group,
)
from testkit.directory import Company, directory_id, sign_in, subject

PERIOD = "from=2026-10-01&to=2026-11-30"
SELLER = "mtl.lead.read mtl.lead.write"
DAYS = ("2026-09-30", "2026-10-01", "2026-11-15", "2026-11-30")
# Each lead of these people has a status and a source of its own, on each of the days.
KINDS = (("RAW", "展会"), ("SQL", "官网"), ("INVALID", None), ("CONVERTED", "展会"))
OWNERS = {"li": 4, "zhou": 3, "zheng": 2, "wang": 1}  # how many kinds of leads they have
# The people, and how many leads created in the period they see: one of zheng's is shared with li.
CALLERS = {"li": 13, "zhou": 9, "sun": 21, "qian": 27, "zheng": 6, "wang": 3, "bei": 0, "admin": 30}


@pytest.fixture
async def company(client: AsyncClient, tx: AsyncConnection, set_clock: SetClock) -> None:
    await Company(tx).build()
    set_clock(at("2026-11-30", 18))
    kinds = {owner: KINDS[:number] for owner, number in OWNERS.items()}
    leads = [
        lead_of(day, status=LeadStatus(status), source=source, owner_id=subject(owner))
        for owner, owned in kinds.items()
        for status, source in owned
        for day in DAYS
    ]
    await add(tx, leads)
    await add(tx, [lead_of("2026-11-15", deleted_at=at("2026-11-16"), owner_id=subject("li"))])
    zhengs = [one for one in leads if one.owner_id == subject("zheng") and one.status == "RAW"]
    shared = zhengs[2]
    path = f"/leads/{shared.id}/shares/PERSON/{directory_id('li')}"
    assert (await client.put(path, json={"access": "READ"})).is_success
    for owner in ("li", "zheng"):
        raw = [one for one in leads if one.owner_id == subject(owner) and one.status == "RAW"]
        for lead in raw:
            await make_moves(client, set_clock, lead, [(at("2026-11-30", 19), "hand-over", None)])
    set_clock(at("2026-11-30", 20))


def sign_in_as(client: AsyncClient, tenant: UUID, name: str) -> None:
    if name != "admin":
        client.headers.update(sign_in(tenant, name, scope=SELLER))


@pytest.mark.parametrize(("name", "seen"), CALLERS.items())
@pytest.mark.usefixtures("company")
async def test_new_and_effective_leads_are_those_of_lists(
    client: AsyncClient, tenant: UUID, name: str, seen: int
) -> None:
    sign_in_as(client, tenant, name)
    for group, field in (("owner", "owner_id"), ("source", "source")):
        new = await chart(client, f"new?{PERIOD}&by=month&group={group}")
        assert new["totals"]["leads"] == seen == await listed(client, **created_in(new))
        for row in new["rows"]:
            filters = {**created_in(row), **of_group(row, field)}
            assert row["leads"] == await listed(client, **filters)
        effective = await chart(client, f"effective?{PERIOD}&group={group}&target=2")
        conversion = await chart(client, f"conversion?{PERIOD}&group={group}")
        for one, other in zip(effective["rows"], conversion["rows"], strict=True):
            filters = {**created_in(effective), **of_group(one, field)}
            assert one["leads"] == other["leads"] == await listed(client, **filters)
            accepted = await listed(client, status__in="SQL,CONVERTED", **filters)
            assert one["effective"] == other["sql"] == accepted
            assert other["converted"] == await listed(client, status="CONVERTED", **filters)


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.usefixtures("company")
async def test_stock_hand_offs_and_needed_leads_are_those_of_lists(
    client: AsyncClient, tenant: UUID, name: str
) -> None:
    sign_in_as(client, tenant, name)
    stock = await chart(client, "stock?group=owner")
    assert stock["totals"]["leads"] == await listed(client, status__in="RAW,MQL,SQL")
    for row in stock["rows"]:
        filters = {**created_in(row), **of_group(row, "owner_id")}
        assert row["leads"] == await listed(client, status=row["status"], **filters)
    hand_offs = await chart(client, f"hand-off?{PERIOD}")
    assert hand_offs["totals"]["waiting"] == await listed(client, status="MQL")
    needed = await chart(client, "needed?target=2")
    assert needed["came"] == await listed(client, created_at__gte=at("2026-11-01", 0).isoformat())


@pytest.mark.usefixtures("company")
async def test_another_tenant_counts_nothing(client: AsyncClient, token: Any) -> None:
    client.headers["Authorization"] = f"Bearer {token(tenant=str(new_id()))}"
    for path in (f"new?{PERIOD}", "stock", f"conversion?{PERIOD}", f"hand-off?{PERIOD}"):
        totals = (await chart(client, path))["totals"]
        assert (totals.get("leads", 0), totals.get("hand_overs", 0)) == (0, 0)
