"""Which kinds of files a tenant admits, by media types such as `application/pdf` and `image/*`."""

import re
from collections.abc import Iterable
from typing import Final

UNKNOWN_TYPE: Final = "application/octet-stream"
_NAME: Final = "[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"
PATTERN: Final = re.compile(rf"{_NAME}/(\*|{_NAME})")

_OFFICE = "application/vnd.openxmlformats-officedocument."
# What business needs. Nothing in it runs in a browser: no HTML, no SVG, no scripts, no programs.
DEFAULT_TYPES: Final = (
    "application/pdf", "application/zip", "application/x-7z-compressed", "application/vnd.rar",
    "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
    "application/vnd.ms-outlook", "application/rtf", "application/ofd",
    f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet",
    f"{_OFFICE}presentationml.presentation", "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation", "application/json", "application/xml",
    "audio/mpeg", "audio/wav", "image/bmp", "image/gif", "image/heic", "image/jpeg", "image/png",
    "image/tiff", "image/webp", "message/rfc822", "text/csv", "text/plain", "video/mp4",
)  # fmt: skip


def is_admitted(media_type: str, patterns: Iterable[str]) -> bool:
    """Return whether one of the patterns names this type, or all of its kind."""
    kind = media_type.partition("/")[0]
    return any(one in (media_type, f"{kind}/*") for one in patterns)
