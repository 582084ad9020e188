"""The table of capture settings and all SQL on it."""

from datetime import datetime
from typing import Final

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from chassis.records.tenant_records import tenant_record_columns, tenant_record_of
from mtl.capture_settings.domain import CaptureSettings
from mtl.database import metadata

capture_settings = Table(
    "capture_settings",
    metadata,
    *tenant_record_columns(CaptureSettings),
)
SETTINGS: Final = RecordType(
    scoped=UnownedResource("mtl.capture_setting", capture_settings),
    entity=CaptureSettings,
    is_published=False,
)


async def settings_of_captures(tx: AsyncConnection, now: datetime) -> CaptureSettings:
    """Return the settings of the transaction's tenant; the default ones if nobody has set any."""
    return await tenant_record_of(tx, SETTINGS, now=now)
