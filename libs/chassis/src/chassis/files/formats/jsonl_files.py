"""JSON Lines: an object a line, in UTF-8; the columns are all names that occur."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import MAX_FILE_COLUMNS, SourceFile, SourceRow, validated_header


def read_jsonl(content: bytes) -> SourceFile:
    """Raises Unreadable (FILE_EMPTY, FILE_NOT_JSONL, COLUMNS_TOO_MANY)."""
    lines = content.decode("utf-8-sig", "surrogateescape").split("\n")
    names: dict[str, None] = {}
    objects = 0
    for line in lines:
        found = _object(line)
        objects += found is not None
        names.update(dict.fromkeys(found or ()))
        if len(names) > MAX_FILE_COLUMNS:
            raise UnreadableFile(
                [Finding("COLUMNS_TOO_MANY", params={"maximum": MAX_FILE_COLUMNS})]
            )
    if not objects:
        raise UnreadableFile([Finding("FILE_NOT_JSONL" if content.strip() else "FILE_EMPTY")])
    header = list(names)
    validated_header([name or "-" for name in header] or ["-"])
    return SourceFile(header, _rows(lines, header))


def is_jsonl(content: bytes) -> bool:
    """Whether its first line is an object of JSON."""
    return (
        _object(content[:1_000_000].split(b"\n", 1)[0].decode("utf-8-sig", "replace")) is not None
    )


def _rows(lines: Sequence[str], header: Sequence[str]) -> Iterator[SourceRow]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = _object(line)
        cells = None if found is None else [_cell(found.get(name)) for name in header]
        yield SourceRow(number, cells)


def _object(line: str) -> Mapping[str, Any] | None:
    """Numbers stay as they are written: 1.10 is no float."""
    if not line.strip():
        return None
    try:
        found = json.loads(line, parse_float=str, parse_int=str, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
