"""Payloads that senders hand in: any JSON object, within limits."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

MAX_DEPTH: Final = 20
MAX_VALUES: Final = 5_000
MAX_TOUCH_ENTRIES: Final = 50
MAX_TOUCH_NAME, MAX_TOUCH_VALUE = 100, 1000


def touch_payload(payload: Mapping[str, Any]) -> dict[str, str]:
    """Return what a touch shows of a payload: its first values, by their paths, as texts."""
    entries: dict[str, str] = {}
    for path, text in _texts("", payload):
        if len(entries) == MAX_TOUCH_ENTRIES:
            break
        entries.setdefault(path[:MAX_TOUCH_NAME], text[:MAX_TOUCH_VALUE])
    return entries


def _texts(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(f"{path}.{name}" if path else str(name), inner)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _texts(f"{path}[{position}]", inner)
    elif value is not None and path and (text := _text(value)):
        yield path, text


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
