"""What a file is, as its first bytes say; the name only decides between types that look alike."""

import re
from codecs import getincrementaldecoder
from collections.abc import Mapping
from pathlib import PurePath
from typing import Final

import puremagic

from desk.file_settings.domain.media_types import UNKNOWN_TYPE

HEAD_BYTES: Final = 8192
BY_NAME_ONLY: Final = 0.1  # the confidence of a guess that the content does not support
# The names that the library has for types, where IANA has another one.
REGISTERED: Final[Mapping[str, str]] = {
    "application/excel": "application/vnd.ms-excel",
    "application/x-rar-compressed": "application/vnd.rar",
    "image/heif": "image/heic",
}
_ARCHIVE: Final = b"PK\x03\x04"
# What a browser or a shell would run, wherever it stands in a text.
_ACTIVE: Final = re.compile(
    rb"^\s*#!|<\s*(script|html|svg|iframe|object|embed)\b|<!doctype\s+html|<\?php", re.IGNORECASE
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_ACTIVE_TYPE: Final = "text/html"


def media_type_of(head: bytes, file_name: str) -> str:
    """Return the media type of a file that begins with these bytes."""
    suffix = PurePath(file_name).suffix.lower()
    found = [(kind, ending) for kind, ending in _matches(head, file_name) if kind]
    named = [kind for kind, ending in found if ending == suffix]
    if named or found:
        kind = named[0] if named else _most_general(head, found[0][0])
        is_text = kind.startswith("text/") or kind in ("application/xml", "application/json")
        return _ACTIVE_TYPE if is_text and _ACTIVE.search(head) else kind
    if _is_text(head):
        if _ACTIVE.search(head):
            return _ACTIVE_TYPE
        return "text/csv" if suffix == ".csv" else "text/plain"
    return UNKNOWN_TYPE


def _matches(head: bytes, file_name: str) -> list[tuple[str, str]]:
    try:
        matches = puremagic.magic_string(head, file_name)
    except (puremagic.PureError, ValueError):
        return []
    return [
        (REGISTERED.get(one.mime_type, one.mime_type), one.extension)
        for one in matches
        if one.confidence > BY_NAME_ONLY
    ]


def _most_general(head: bytes, kind: str) -> str:
    """Return the type of a file whose name says none of its possible types."""
    return "application/zip" if head.startswith(_ARCHIVE) else kind


def _is_text(head: bytes) -> bool:
    """Whether the bytes are text in one of the encodings that people here use."""
    for encoding in ("utf-8", "gb18030"):
        try:
            text = getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        return bool(text) and not _CONTROL.search(text)
    return False
