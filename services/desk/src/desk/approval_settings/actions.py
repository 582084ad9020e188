"""The commands on approval settings."""

from collections.abc import Callable

from chassis.records.record_commands import create_record, edit_record
from chassis.web.commands import Command
from desk.approval_settings.domain import ApprovalSettings
from desk.approval_settings.store import SETTINGS, settings_of_approvals
from desk.settings import desk_settings


async def edit_settings(
    command: Command, edit: Callable[[ApprovalSettings], ApprovalSettings]
) -> ApprovalSettings:
    """Apply an edit to the settings; the first one stores them.

    Raises Invalid (APPROVAL_PAGE_UNKNOWN), and what `edit_record` raises.
    """
    stored = await settings_of_approvals(command.tx, command.now)
    after = edit(stored)
    after.ensure_reachable(desk_settings().link_page)
    if stored.version == 0:
        if after == stored:
            return stored
        command.expected.check(stored)
        await create_record(command, SETTINGS, stored)
        command = command.unconditional
    return await edit_record(command, SETTINGS, stored.id, edit)
