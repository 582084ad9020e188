"""Cuts a person out of stored files: lines of text lose their values, packed files go whole."""

import codecs
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator

from chassis.foundation.archives import DAMAGED, MAX_UNPACKED, PIECE
from chassis.tenancy.redaction import ErasureSubject, is_redactable, redact_text

ZIP_PREFIX = b"PK\x03\x04"
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Files that begin so are looked through by `redact_file`: a search in their bytes finds nothing.
UNSEARCHABLE_PREFIXES = (ZIP_PREFIX, *UTF16_MARKS)
OVERLAP_BYTES = 1_000  # bytes of a value that may stand across two pieces


def redact_file(content: bytes, person: ErasureSubject) -> bytes:
    """The file without the person; it stays as it is where it does not name them."""
    if is_archive(content):
        return b"" if archive_names_subject(content, person) else content
    if content.startswith(UTF16_MARKS):
        return _cleaned_wide(content, person)
    return redact_lines(content, person)


def is_archive(content: bytes) -> bool:
    """A spreadsheet is a zip archive, whose bytes say nothing."""
    return content.startswith(ZIP_PREFIX)


def archive_names_subject(content: bytes, person: ErasureSubject) -> bool:
    """Whether an archive names the person, or cannot be looked through."""
    needles = {raw.lower() for one in person.needles for raw in _encodings(one)}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return any(_has(piece, needles) for piece in _pieces(packed))
    except DAMAGED:
        return True


def _pieces(packed: zipfile.ZipFile) -> Iterator[bytes]:
    """All that is in the archive, each piece with the end of the one before. Raises ValueError."""
    unpacked = 0
    for member in packed.infolist():
        kept = b""
        with packed.open(member) as stream:
            while piece := stream.read(PIECE):
                unpacked += len(piece)
                if unpacked > MAX_UNPACKED:
                    raise ValueError("unpacks to more than is looked through")
                yield kept + piece
                kept = piece[-OVERLAP_BYTES:]


def _cleaned_wide(content: bytes, person: ErasureSubject) -> bytes:
    """UTF-16, whose lines do not end where a byte says so; one that is broken goes whole."""
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError:
        return b""
    needles, values = [one.lower() for one in person.needles], person.given | person.found
    lines = text.split("\n")
    cleaned = [
        redact_text(line, values) if any(one in line.lower() for one in needles) else line
        for line in lines
    ]
    order = "utf-16-le" if content.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    return content if cleaned == lines else content[:2] + "\n".join(cleaned).encode(order)


def redact_lines(content: bytes, person: ErasureSubject) -> bytes:
    """A file whose lines about the person lose their values, stars for each of the bytes.

    So it is as long as before, and places in it stay where they are.
    """
    needles = [raw for one in person.needles for raw in _encodings(one)]
    values = [raw for one in person.given | person.found for raw in _encodings(one)]
    lines = content.split(b"\n")
    return b"\n".join(_starred(line, values) if _has(line, needles) else line for line in lines)


def _encodings(value: str) -> set[bytes]:
    escaped = json.dumps(value)[1:-1]
    return (
        {value.encode(), value.encode("gb18030"), escaped.encode()}
        if is_redactable(value)
        else set()
    )


def _has(line: bytes, needles: Iterable[bytes]) -> bool:
    lower = line.lower()
    return any(one.lower() in lower for one in needles)


def _starred(line: bytes, values: Iterable[bytes]) -> bytes:
    for raw in sorted(values, key=len, reverse=True):
        line = re.sub(re.escape(raw), b"*" * len(raw), line, flags=re.IGNORECASE)
    return line
