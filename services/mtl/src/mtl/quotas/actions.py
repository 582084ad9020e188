"""The commands on quotas."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from chassis.records.access.tables import departments
from chassis.records.access.transfers import active_owner_name
from chassis.records.record_commands import create_record, edit_record
from chassis.web.commands import Command
from kernel.errors import Invalid, Violation
from mtl.quotas.domain import Quota
from mtl.quotas.store import QUOTA


async def create_quota(command: Command, quota: Quota) -> Quota:
    """Set a quota for a person, a department or everybody.

    Raises Invalid (OWNER_UNKNOWN, OWNER_INACTIVE, DEPARTMENT_UNKNOWN, custom fields), Conflict
    (QUOTA_ROWS).
    """
    if quota.holder_id is not None:
        await active_owner_name(command.tx, quota.holder_id, pointer="/holder_id")
    if quota.department_id is not None:
        c = departments.c
        known = select(c.id).where(c.id == quota.department_id, ~c.deleted)
        if (await command.tx.execute(known)).one_or_none() is None:
            raise Invalid([Violation("/department_id", "DEPARTMENT_UNKNOWN")])
    return await create_record(command, QUOTA, quota)


async def edit_quota(command: Command, quota_id: UUID, edit: Callable[[Quota], Quota]) -> Quota:
    """Apply an edit; whom the quota concerns stays.

    Raises what `edit_record` raises, Invalid (QUOTA_FOR_OTHERS).
    """

    def edited(before: Quota) -> Quota:
        after = edit(before)
        if (after.holder_id, after.department_id) != (before.holder_id, before.department_id):
            raise Invalid([Violation("", "QUOTA_FOR_OTHERS")])
        return after

    return await edit_record(command, QUOTA, quota_id, edited)
