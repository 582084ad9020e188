"""Leads for metrics, and what charts and lists say of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.writes import insert_rows
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEAD
from services.mtl.tests.factories import make_lead
from services.mtl.tests.metrics.conftest import SetClock

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str, hour: int = 12, minute: int = 0) -> datetime:
    """An instant by the clocks of Shanghai, where the tenant of all tests is."""
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=SHANGHAI)


def lead_of(day: str, hour: int = 12, minute: int = 0, **fields: Any) -> Lead:
    created = at(day, hour, minute)
    return make_lead(**{"created_at": created, "updated_at": created, **fields})


async def add(tx: AsyncConnection, leads: Sequence[Lead]) -> None:
    await insert_rows(tx, LEAD.table, leads)


async def chart(client: AsyncClient, path: str, **more: Any) -> dict[str, Any]:
    answer = await client.get(f"/lead-metrics/{path}", **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(client: AsyncClient, **filters: Any) -> int:
    """How many leads the list holds with these filters, of which those of None are left out."""
    params = {name: value for name, value in filters.items() if value is not None}
    answer = await client.get("/leads", params={**params, "include_total": "true", "limit": "1"})
    assert answer.status_code == 200, answer.text
    total: int = answer.json()["total"]
    return total


def created_in(row: dict[str, Any]) -> dict[str, Any]:
    """The filters of a list for the leads of a row or chart that has a first and a last instant."""
    return {"created_at__gte": row["from_at"], "created_at__lt": row["before_at"]}


def of_group(row: dict[str, Any], field: str) -> dict[str, Any]:
    """The filter of a list for the source or owner of a row."""
    return {f"{field}__isnull": "true"} if row[field] is None else {field: row[field]}


async def make_moves(
    client: AsyncClient,
    set_clock: SetClock,
    lead: Lead,
    moves: Sequence[tuple[datetime, str, dict[str, Any] | None]],
) -> None:
    """Make these moves of a lead, each at its time."""
    for instant, verb, body in moves:
        set_clock(instant)
        answer = await client.post(f"/leads/{lead.id}/{verb}", json=body)
        assert answer.status_code in (200, 202), answer.text
