"""The commands on capture settings."""

from collections.abc import Callable
from typing import Final

from chassis.jobs import queue
from chassis.records.record_commands import create_record, edit_record
from chassis.web.commands import Command
from mtl.capture_settings.domain import CaptureSettings
from mtl.capture_settings.store import SETTINGS, settings_of_captures

RETENTION_JOB: Final = "capture_retention"


async def edit_settings(
    command: Command, edit: Callable[[CaptureSettings], CaptureSettings]
) -> CaptureSettings:
    """Apply an edit to the settings, and let it take effect at once.

    Raises what `edit_record` raises.
    """
    stored = await settings_of_captures(command.tx, command.now)
    if stored.version == 0:
        if edit(stored) == stored:
            return stored
        command.expected.check(stored)
        await create_record(command, SETTINGS, stored)
        command = command.unconditional
    saved = await edit_record(command, SETTINGS, stored.id, edit)
    if saved.payload_days is not None:
        key = str(saved.id)
        await queue.enqueue(command.tx, RETENTION_JOB, key, run_at=command.now, replace=True)
    return saved
