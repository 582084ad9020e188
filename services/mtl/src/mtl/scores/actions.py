"""Queues the scoring of stored leads anew, after their rules have changed."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue

RESCORING_JOB: Final = "lead_rescoring"


async def start_rescoring(tx: AsyncConnection, version: int, *, now: datetime) -> None:
    """Queue the scoring of all leads anew; one that waits already begins from the start."""
    payload = {"version": version, "after": None}
    await queue.enqueue(tx, RESCORING_JOB, "all", run_at=now, payload=payload, replace=True)
