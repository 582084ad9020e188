"""What conversions read of leads."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import operations
from chassis.web.operations.store import OperationStatus
from mtl.leads.store import leads


async def is_account_being_created(tx: AsyncConnection, account_id: UUID) -> bool:
    """Whether a running conversion will create this account."""
    query = (
        select(leads.c.id)
        .join(operations, operations.c.id == leads.c.conversion_id)
        .where(
            leads.c.account_id == account_id,
            leads.c.existing_account.is_(False),
            operations.c.status == OperationStatus.RUNNING,
        )
    )
    return (await tx.execute(query.limit(1))).one_or_none() is not None
