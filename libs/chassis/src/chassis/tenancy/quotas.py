"""Quotas that jobs respect as requests do: records, and imports running at once."""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_import_quota
from chassis.database.engine import ROW_LIMIT_KEY
from chassis.records.tenant_settings import settings_of
from kernel.errors import Conflict


async def apply_record_quota(tx: AsyncConnection) -> None:
    """Apply the tenant's record quota to the rest of a job's transaction.

    For jobs that store what a person sent, such as imports; events of other services are never
    refused. Raises Unavailable (TENANT_NOT_READY).
    """
    tx.info[ROW_LIMIT_KEY] = (await settings_of(tx)).quotas.rows


async def ensure_import_quota(tx: AsyncConnection, running: Select[Any]) -> None:
    """Ensure that one more import may run; `running` selects the count of running imports.

    Concurrent starts wait here until this transaction ends, so that each is counted.
    Raises Conflict (QUOTA_IMPORTS) and Unavailable (TENANT_NOT_READY).
    """
    limit = (await settings_of(tx)).quotas.imports_at_once
    if limit is None:
        return
    await lock_import_quota(tx)
    if await tx.scalar(running) >= limit:
        raise Conflict("QUOTA_IMPORTS", limit=limit)
