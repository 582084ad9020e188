"""The commands on a tenant's limits of files."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.tenant_records import edit_tenant_record
from chassis.web.commands import Command
from desk.file_settings import store
from desk.file_settings.domain.limits import FileSettings
from desk.file_settings.store import SETTINGS
from kernel.errors import RuleBroken


async def edit_settings(
    command: Command, edit: Callable[[FileSettings], FileSettings]
) -> FileSettings:
    """Apply an edit to the limits; the first one stores them.

    Raises what `edit_record` raises.
    """
    return await edit_tenant_record(command, SETTINGS, edit)


async def use_storage(tx: AsyncConnection, size: int, limits: FileSettings) -> None:
    """Count the bytes of a new file. Raises RuleBroken (FILE_STORAGE_FULL)."""
    if not await store.reserve_bytes(tx, size, limits.storage_bytes):
        raise RuleBroken("FILE_STORAGE_FULL")


async def free_storage(tx: AsyncConnection, size: int) -> None:
    """Count the bytes of a file no longer."""
    await store.release_bytes(tx, size)
