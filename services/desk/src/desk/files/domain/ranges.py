"""Ranges of bytes: what a Range header asks for (RFC 9110, 14), and where these bytes lie."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_ONE_RANGE: Final = re.compile(r"bytes=[ \t]*(\d{0,19})-(\d{0,19})[ \t]*")


class UnsatisfiableRange(ValueError):
    """The range begins behind the end of the file."""


@dataclass(frozen=True)
class ByteRange:
    """The bytes `[start, end)` of a file."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class PartSlice:
    """The bytes `[start, end)` of the part with this index."""

    index: int
    start: int
    end: int


def requested_range(header: str | None, size: int) -> ByteRange | None:
    """Return the one range that a header asks for; None for the whole file.

    A header that cannot be read, or that asks for several ranges, is ignored, as the RFC allows.
    Raises UnsatisfiableRange.
    """
    match = None if header is None else _ONE_RANGE.fullmatch(header)
    if match is None or match.group(1, 2) == ("", ""):
        return None
    first, last = match.group(1, 2)
    if not first:  # the last bytes
        length = min(int(last), size)
        found = ByteRange(size - length, size)
    else:
        end = size if not last else min(int(last) + 1, size)
        if last and int(last) < int(first):
            return None
        found = ByteRange(int(first), end)
    if found.start >= found.end:
        raise UnsatisfiableRange(header)
    return found


def slices_of(wanted: ByteRange, sizes: Sequence[int]) -> Iterator[PartSlice]:
    """Yield where the wanted bytes lie in the parts of a file, in their order."""
    began = 0
    for index, size in enumerate(sizes):
        start, end = max(wanted.start - began, 0), min(wanted.end - began, size)
        if start < end:
            yield PartSlice(index, start, end)
        began += size
