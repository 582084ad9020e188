"""Limits that jobs respect as requests do; `admission` and `usage` hold those of every request."""

from typing import Any

from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import ROW_LIMIT_KEY
from chassis.records.tenant_settings import settings_of
from kernel.errors import Conflict

LOCK_IMPORT_STARTS = (
    "SELECT pg_advisory_xact_lock(hashtextextended(current_setting('app.tenant'), 8))"
)


async def apply_record_quota(tx: AsyncConnection) -> None:
    """Let the rest of a job's transaction respect the tenant's limit of records.

    For jobs that store what a person sent, such as imports; facts of other services are never
    refused. Raises Unavailable (TENANT_NOT_READY).
    """
    tx.info[ROW_LIMIT_KEY] = (await settings_of(tx)).quotas.rows


async def ensure_import_quota(tx: AsyncConnection, running: Select[Any]) -> None:
    """Whether one more import may run; `running` counts those that do.

    Whoever starts one at once waits here until this transaction ends, so that both are counted.
    Raises Conflict (QUOTA_IMPORTS) and Unavailable (TENANT_NOT_READY).
    """
    limit = (await settings_of(tx)).quotas.imports_at_once
    if limit is None:
        return
    await tx.execute(text(LOCK_IMPORT_STARTS))
    if await tx.scalar(running) >= limit:
        raise Conflict("QUOTA_IMPORTS", limit=limit)
