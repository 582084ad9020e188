"""Redacts a person in stored files: text lines lose their values, archives are removed whole."""

import codecs
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator

from chassis.foundation.archives import DAMAGED, MAX_UNPACKED, PIECE
from chassis.tenancy.personal_file_patterns import file_pattern
from chassis.tenancy.personal_patterns import (
    is_redactable,
    names_person,
    places_of,
    text_pattern,
)
from chassis.tenancy.redaction import ErasureSubject, redact_text

ZIP_PREFIX = b"PK\x03\x04"
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Files with these prefixes must be decoded first: a search in their bytes finds nothing.
UNSEARCHABLE_PREFIXES = (ZIP_PREFIX, *UTF16_MARKS)
_BESIDE = 40  # bytes around a candidate, which decide whether it is one
OVERLAP_BYTES = 1_000  # pieces overlap by this, so that a value across two pieces is found


def redact_file(content: bytes, person: ErasureSubject) -> bytes:
    """Return the file without the person's data, unchanged where it does not name them."""
    if is_archive(content):
        return b"" if archive_names_subject(content, person) else content
    if content.startswith(UTF16_MARKS):
        return _redact_utf16(content, person)
    return redact_lines(content, person)


def is_archive(content: bytes) -> bool:
    """Return whether the file is a zip archive, such as a spreadsheet."""
    return content.startswith(ZIP_PREFIX)


def archive_names_subject(content: bytes, person: ErasureSubject) -> bool:
    """Return whether an archive names the person or cannot be read."""
    needles = {raw.lower() for one in person.needles for raw in file_spellings(one)}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return any(_names(piece, needles, person) for piece in _pieces(packed))
    except DAMAGED:
        return True


def _names(piece: bytes, needles: Iterable[bytes], person: ErasureSubject) -> bool:
    """Whether a piece holds a needle, or a value of the person in any spelling."""
    if _contains(piece, needles):
        return True
    candidates, pattern = file_pattern(person.values), text_pattern(person.values)
    if candidates is None:
        return False
    found = (one.span() for one in candidates.finditer(piece))
    near = (piece[max(0, start - _BESIDE) : end + _BESIDE] for start, end in found)
    return any(names_person(one.decode(errors="ignore"), pattern) for one in near)


def _pieces(packed: zipfile.ZipFile) -> Iterator[bytes]:
    """Yield the archive's content in overlapping pieces. Raises ValueError if it is too large."""
    unpacked = 0
    for member in packed.infolist():
        overlap = b""
        with packed.open(member) as stream:
            while piece := stream.read(PIECE):
                unpacked += len(piece)
                if unpacked > MAX_UNPACKED:
                    raise ValueError("the archive is too large when unpacked")
                yield overlap + piece
                overlap = piece[-OVERLAP_BYTES:]


def _redact_utf16(content: bytes, person: ErasureSubject) -> bytes:
    """Redact a UTF-16 file by characters; a file that cannot be decoded is removed whole."""
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError:
        return b""
    lines, candidates = text.split("\n"), file_pattern(person.values)
    cleaned = [
        redact_text(line, person.values, short=False)
        if candidates is not None and candidates.search(line.encode(errors="replace"))
        else line
        for line in lines
    ]
    order = "utf-16-le" if content.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    return content if cleaned == lines else content[:2] + "\n".join(cleaned).encode(order)


def redact_lines(content: bytes, person: ErasureSubject) -> bytes:
    """Replace the values in lines about the person by as many stars as they have bytes.

    The file keeps its length, so that positions in it stay valid.
    """
    needles, values = _spelled(person.identifying_needles), _spelled(person.values)
    all_values, candidates = values + _spelled(person.beside_values), file_pattern(person.values)
    lines = []
    for line in content.split(b"\n"):
        identified = _contains(line, needles)
        if candidates is not None and candidates.search(line):
            line, has_requested = _masked_by_pattern(line, person)
            identified = identified or has_requested
        lines.append(_masked(line, all_values if identified else values))
    return b"\n".join(lines)


def _masked_by_pattern(line: bytes, person: ErasureSubject) -> tuple[bytes, bool]:
    """Replace values in any spelling; return whether one was a requested value, too."""
    text, encoding = _decoded(line)
    masked, end = [], 0
    for first, last in places_of(text, text_pattern(person.values)):
        masked += [text[end:first].encode(encoding), b"*" * len(text[first:last].encode(encoding))]
        end = last
    masked.append(text[end:].encode(encoding))
    return b"".join(masked), names_person(text, person.identifying)


def _decoded(line: bytes) -> tuple[str, str]:
    for encoding in ("utf-8", "gb18030"):
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.encode(encoding) == line:
            return text, encoding
    return line.decode("latin-1"), "latin-1"


def _spelled(values: Iterable[str]) -> list[bytes]:
    return [raw for value in values for raw in file_spellings(value)]


def file_spellings(value: str) -> set[bytes]:
    """Return the bytes of a value in the encodings of files that are searched by bytes."""
    escaped = json.dumps(value)[1:-1]
    return (
        {value.encode(), value.encode("gb18030"), escaped.encode()}
        if is_redactable(value)
        else set()
    )


def _contains(line: bytes, needles: Iterable[bytes]) -> bool:
    lower = line.lower()
    return any(one.lower() in lower for one in needles)


def _masked(line: bytes, values: Iterable[bytes]) -> bytes:
    for raw in sorted(values, key=len, reverse=True):
        line = re.sub(re.escape(raw), b"*" * len(raw), line, flags=re.IGNORECASE)
    return line
