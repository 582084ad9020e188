"""What a tenant admits as files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from desk.file_settings.domain.media_types import DEFAULT_TYPES, is_admitted
from kernel.errors import Invalid, RuleBroken, Violation

MEBIBYTE: Final = 1024 * 1024
PART_BYTES: Final = 8 * MEBIBYTE  # of an upload
DEFAULT_FILE_BYTES: Final = 200 * MEBIBYTE
DEFAULT_STORAGE_BYTES: Final = 50 * 1024 * MEBIBYTE
DEFAULT_OPEN_UPLOADS: Final = 100  # of one person


@dataclass(frozen=True, kw_only=True)
class FileSettings:
    """The limits of a tenant; `id` is the tenant's, version 0 means that nobody has set any.

    Sizes are in bytes. `open_uploads` are those that one person may have begun and not completed.
    `encrypted` files are stored under a key of the tenant.
    """

    id: UUID
    max_file_bytes: int = DEFAULT_FILE_BYTES
    storage_bytes: int = DEFAULT_STORAGE_BYTES
    open_uploads: int = DEFAULT_OPEN_UPLOADS
    media_types: tuple[str, ...] = DEFAULT_TYPES
    encrypted: bool = True
    created_at: datetime
    updated_at: datetime
    version: int = 0

    def ensure_size(self, size: int) -> None:
        """Ensure that a file is not too large. Raises Invalid (FILE_TOO_LARGE)."""
        if size > self.max_file_bytes:
            limit = f"{self.max_file_bytes / MEBIBYTE:.1f}".removesuffix(".0")
            raise Invalid([Violation("/size", "FILE_TOO_LARGE", {"mebibytes": limit})])

    def ensure_uploads(self, begun: int) -> None:
        """Ensure that a person may begin another upload. Raises RuleBroken (FILE_UPLOADS_OPEN)."""
        if begun >= self.open_uploads:
            raise RuleBroken("FILE_UPLOADS_OPEN", count=begun, limit=self.open_uploads)

    def ensure_type(self, media_type: str) -> None:
        """Ensure that files of this type are admitted. Raises RuleBroken (FILE_TYPE_REFUSED)."""
        if not is_admitted(media_type, self.media_types):
            raise RuleBroken("FILE_TYPE_REFUSED", media_type=media_type)
