"""The commands on capture settings."""

from collections.abc import Callable
from typing import Final

from chassis.jobs import queue
from chassis.records.tenant_records import edit_tenant_record
from chassis.web.commands import Command
from mtl.capture_settings.domain import CaptureSettings
from mtl.capture_settings.store import SETTINGS

RETENTION_JOB: Final = "capture_retention"


async def edit_settings(
    command: Command, edit: Callable[[CaptureSettings], CaptureSettings]
) -> CaptureSettings:
    """Apply an edit to the settings, and let it take effect at once.

    Raises what `edit_record` raises.
    """
    saved = await edit_tenant_record(command, SETTINGS, edit)
    if saved.payload_days is not None:
        key = str(saved.id)
        await queue.enqueue(command.tx, RETENTION_JOB, key, run_at=command.now, replace=True)
    return saved
