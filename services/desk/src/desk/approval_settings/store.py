"""The table of approval settings and all SQL on it."""

from datetime import datetime

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from chassis.records.tenant_records import tenant_record_columns, tenant_record_of
from desk.approval_settings.domain import ApprovalSettings
from desk.database import metadata

approval_settings = Table(
    "approval_settings",
    metadata,
    *tenant_record_columns(ApprovalSettings),
)
SETTINGS = RecordType(
    scoped=UnownedResource("desk.approval_setting", approval_settings),
    entity=ApprovalSettings,
    is_published=False,
)


async def settings_of_approvals(tx: AsyncConnection, now: datetime) -> ApprovalSettings:
    """Return the settings of the transaction's tenant; the default ones if nobody has set any."""
    return await tenant_record_of(tx, SETTINGS, now=now)
