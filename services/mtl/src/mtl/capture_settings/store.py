"""The table of capture settings and all SQL on it."""

from datetime import datetime
from typing import Final

from sqlalchemy import Column, Integer, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import uncounted
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from mtl.capture_settings.domain import CaptureSettings
from mtl.database import metadata

capture_settings = Table(
    "capture_settings",
    metadata,
    *record_columns(CaptureSettings, without=("version",)),
    Column("version", Integer, nullable=False, info=uncounted("a tenant has one")),
)
SETTINGS: Final = RecordType(
    scoped=UnownedResource("mtl.capture_setting", capture_settings),
    entity=CaptureSettings,
    is_published=False,
)


async def settings_of_captures(tx: AsyncConnection, now: datetime) -> CaptureSettings:
    """Return the settings of the transaction's tenant; the default ones if nobody has set any."""
    row = (await tx.execute(select(capture_settings))).one_or_none()
    if row is not None:
        return from_columns(CaptureSettings, dict(row._mapping))
    return CaptureSettings(id=transaction_tenant(), created_at=now, updated_at=now)
