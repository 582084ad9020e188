"""Payloads that senders hand in: any JSON object, within limits."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic_core import PydanticCustomError

MAX_DEPTH: Final = 20
MAX_VALUES: Final = 5_000
MAX_TOUCH_ENTRIES: Final = 50
MAX_TOUCH_NAME, MAX_TOUCH_VALUE = 100, 1000
_SCALARS: Final = (str, int, float, bool, type(None))


def ensure_storable(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a payload that is not too deep and not too large.

    Raises PydanticCustomError (PAYLOAD_TOO_DEEP, PAYLOAD_TOO_LARGE, and TEXT_INVALID where a text
    cannot be stored).
    """
    left: list[tuple[Any, int]] = [(payload, 1)]
    count = 0
    while left:
        value, depth = left.pop()
        count += 1
        if count > MAX_VALUES:
            raise PydanticCustomError(
                "PAYLOAD_TOO_LARGE", "The payload has too many values", {"limit": MAX_VALUES}
            )
        if isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise PydanticCustomError(
                    "PAYLOAD_TOO_DEEP", "The payload is nested too deeply", {"limit": MAX_DEPTH}
                )
            inner = value.values() if isinstance(value, dict) else value
            left += [(each, depth + 1) for each in inner]
        elif not isinstance(value, _SCALARS):
            raise PydanticCustomError("TEXT_INVALID", "The payload has a text with NUL")
    return payload


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
