"""Retention rules, times of Shanghai, and what becomes of leads by them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Done
from chassis.web.commands import Command
from mtl.recyclings.actions import ACTOR, Chunk, recycle_chunk
from mtl.recyclings.timers import reckon_clocks
from testkit.jobs import job_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
SetClock = Callable[[datetime], None]
PATH = "/rule-sets/lead_retention"
ALWAYS: dict[str, Any] = {"all": []}


def at(text: str, year: int = 2026) -> datetime:
    """An instant by the clocks of Shanghai: `01-05 10:00`."""
    return datetime.fromisoformat(f"{year}-{text}").replace(tzinfo=SHANGHAI)


def days(count: int) -> dict[str, Any]:
    return {"count": count, "unit": "DAYS"}


def period(count: int, unit: str) -> dict[str, Any]:
    return {"count": count, "unit": unit}


def rules(*outcomes: dict[str, Any], condition: Any = ALWAYS) -> dict[str, Any]:
    rows = [
        {"id": f"r{n}", "name": f"rule {n}", "condition": condition, "outcome": outcome}
        for n, outcome in enumerate(outcomes)
    ]
    return {"hit_policy": "FIRST", "rows": rows}


SEVEN_DAYS = rules({"next_follow_up": days(7), "reminders": [days(6)], "barred_days": 3})


async def publish(client: AsyncClient, content: Any, based_on: int = 0) -> dict[str, Any]:
    body = {"rules": content, "based_on": based_on}
    answer = await client.post(f"{PATH}/versions", json=body)
    assert answer.status_code == 201, answer.text
    version: dict[str, Any] = answer.json()
    return version


async def reckon(tx: AsyncConnection, now: datetime) -> None:
    """Run the job that reckons all clocks anew to its end."""
    [row] = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_clocks"))).all()
    job = job_of(row, now=now)
    while not isinstance(outcome := await reckon_clocks(tx, job), Done):
        job = replace(job, payload=outcome.payload)


async def sweep(tx: AsyncConnection, now: datetime) -> Chunk:
    return await recycle_chunk(Command(tx, now, actor=ACTOR))


async def clock(client: AsyncClient, lead_id: str, **more: Any) -> dict[str, Any]:
    answer = await client.get(f"/leads/{lead_id}/clock", **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def get(client: AsyncClient, lead_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/leads/{lead_id}")).json()
    return found


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
