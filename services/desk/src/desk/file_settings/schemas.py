"""Request and response bodies of file settings."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

from desk.file_settings.domain.limits import (
    DEFAULT_FILE_BYTES,
    DEFAULT_OPEN_UPLOADS,
    DEFAULT_STORAGE_BYTES,
)
from desk.file_settings.domain.media_types import DEFAULT_TYPES, PATTERN

MOST_BYTES: Final = 100 * 1024**3
MOST_STORED: Final = 1024**5
MOST_UPLOADS: Final = 10_000
MediaType = Annotated[str, StringConstraints(pattern=f"^{PATTERN.pattern}$", max_length=200)]


class FileSettingsEdit(BaseModel):
    """What a tenant admits as files."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"media_types": ["application/pdf", "image/*"]}]},
    )

    max_file_bytes: Annotated[StrictInt, Field(ge=1, le=MOST_BYTES)] = DEFAULT_FILE_BYTES
    storage_bytes: Annotated[StrictInt, Field(ge=0, le=MOST_STORED)] = Field(
        default=DEFAULT_STORAGE_BYTES, description="Of all files together"
    )
    open_uploads: Annotated[StrictInt, Field(ge=1, le=MOST_UPLOADS)] = Field(
        default=DEFAULT_OPEN_UPLOADS,
        description="Uploads that one person may have begun and not completed",
    )
    media_types: Annotated[tuple[MediaType, ...], Field(max_length=200)] = Field(
        default=DEFAULT_TYPES,
        description="The types that are admitted, by content and not by name; `image/*` for all"
        " of a kind",
    )
    encrypted: StrictBool = Field(
        default=True, description="Whether new files are stored under a key of the tenant"
    )


class FileSettingsOut(FileSettingsEdit):
    """What a tenant admits as files, and how much its files take."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="The tenant's")
    used_bytes: int
    part_bytes: int = Field(description="The length of a part of an upload")
    updated_at: datetime
    version: int
