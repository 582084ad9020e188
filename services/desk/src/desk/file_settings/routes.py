"""The HTTP API of file settings."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from desk.file_settings import actions
from desk.file_settings.domain.limits import PART_BYTES, FileSettings
from desk.file_settings.schemas import FileSettingsEdit, FileSettingsOut
from desk.file_settings.store import settings_of_files, used_bytes

router = new_router("/file-settings", tag="file settings")


@router.get(
    "",
    dependencies=[allow("desk.file_setting.read")],
    summary="Read which files are admitted, and how much they take",
)
async def file_settings_get(tx: Tx, now: Now) -> FileSettingsOut:
    return await _shown(tx, await settings_of_files(tx, now))


@router.patch(
    "",
    dependencies=[allow("desk.file_setting.write")],
    summary="Change which files are admitted; stored ones stay as they are",
)
async def file_settings_edit(
    body: MergePatch[FileSettingsEdit], command: ChangeCommand
) -> FileSettingsOut:
    return await _shown(command.tx, await actions.edit_settings(command, body.applied))


async def _shown(tx: AsyncConnection, settings: FileSettings) -> FileSettingsOut:
    shown = {**vars(settings), "used_bytes": await used_bytes(tx), "part_bytes": PART_BYTES}
    return FileSettingsOut.model_validate({n: shown[n] for n in FileSettingsOut.model_fields})


ROUTERS = (router,)
