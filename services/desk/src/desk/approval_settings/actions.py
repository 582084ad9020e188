"""The commands on approval settings."""

from collections.abc import Callable

from chassis.records.tenant_records import edit_tenant_record
from chassis.web.commands import Command
from desk.approval_settings.domain import ApprovalSettings
from desk.approval_settings.store import SETTINGS
from desk.settings import desk_settings


async def edit_settings(
    command: Command, edit: Callable[[ApprovalSettings], ApprovalSettings]
) -> ApprovalSettings:
    """Apply an edit to the settings; the first one stores them.

    Raises Invalid (APPROVAL_PAGE_UNKNOWN), and what `edit_record` raises.
    """

    def reachable(stored: ApprovalSettings) -> ApprovalSettings:
        after = edit(stored)
        after.ensure_reachable(desk_settings().link_page)
        return after

    return await edit_tenant_record(command, SETTINGS, reachable)
