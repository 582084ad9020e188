"""JSON Lines in UTF-8: one object per line; the columns are the union of all keys."""

import codecs
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import MAX_FILE_COLUMNS, SourceFile, SourceRow, validated_header


def read_jsonl(content: bytes) -> SourceFile:
    """Read the header and rows of a JSON Lines file.

    Raises UnreadableFile (FILE_EMPTY, FILE_NOT_JSONL, FILE_NOT_UTF8, COLUMNS_TOO_MANY).
    """
    lines = content.decode("utf-8-sig", "surrogateescape").split("\n")
    names: dict[str, None] = {}
    objects = 0
    for line in lines:
        parsed = _parse_object(line)
        objects += parsed is not None
        names.update(dict.fromkeys(parsed or ()))
        if len(names) > MAX_FILE_COLUMNS:
            raise UnreadableFile(
                [Finding("COLUMNS_TOO_MANY", params={"maximum": MAX_FILE_COLUMNS})]
            )
    if not objects:
        raise UnreadableFile([Finding("FILE_NOT_JSONL" if content.strip() else "FILE_EMPTY")])
    header = list(names)
    validated_header([name or "-" for name in header] or ["-"])
    return SourceFile(header, _rows(lines, header), Encoding.UTF_8)


def is_jsonl(content: bytes) -> bool:
    """Whether the first line that is not blank is a JSON object."""
    beginning = content[:1_000_000].removeprefix(codecs.BOM_UTF8).lstrip()
    return _parse_object(beginning.split(b"\n", 1)[0].decode("utf-8", "replace")) is not None


def _rows(lines: Sequence[str], header: Sequence[str]) -> Iterator[SourceRow]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        parsed = _parse_object(line)
        cells = None if parsed is None else [_cell(parsed.get(name)) for name in header]
        yield SourceRow(number, cells)


def _parse_object(line: str) -> Mapping[str, Any] | None:
    """Parse a line; numbers keep their notation (1.10 does not become a float). None if invalid."""
    if not line.strip():
        return None
    try:
        parsed = json.loads(line, parse_float=str, parse_int=str, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _reject_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are not valid JSON


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
