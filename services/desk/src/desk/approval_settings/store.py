"""The table of approval settings and all SQL on it."""

from datetime import datetime

from sqlalchemy import Column, Integer, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import uncounted
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from desk.approval_settings.domain import ApprovalSettings
from desk.database import metadata

approval_settings = Table(
    "approval_settings",
    metadata,
    *record_columns(ApprovalSettings, without=("version",)),
    Column("version", Integer, nullable=False, info=uncounted("a tenant has one")),
)
SETTINGS = RecordType(
    scoped=UnownedResource("desk.approval_setting", approval_settings),
    entity=ApprovalSettings,
    is_published=False,
)


async def settings_of_approvals(tx: AsyncConnection, now: datetime) -> ApprovalSettings:
    """Return the settings of the transaction's tenant; the default ones if nobody has set any."""
    row = (await tx.execute(select(approval_settings))).one_or_none()
    if row is not None:
        return from_columns(ApprovalSettings, dict(row._mapping))
    return ApprovalSettings(id=transaction_tenant(), created_at=now, updated_at=now)
