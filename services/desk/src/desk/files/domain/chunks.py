"""How the bytes of an encrypted part are cut: chunks of one size, each with a tag of its own.

So a range is read without the rest of the part, and a part of any size in constant memory.
"""

from dataclasses import dataclass
from typing import Final

CHUNK_BYTES: Final = 65_536
TAG_BYTES: Final = 16
SEALED_BYTES: Final = CHUNK_BYTES + TAG_BYTES


@dataclass(frozen=True)
class ChunkSpan:
    """The chunks that hold the bytes `[start, end)` of a part of `size` bytes.

    `first` is the number of the first chunk. The ciphertext of all of them is
    `[sealed_start, sealed_end)`; of the plaintext, `skipped` bytes come before the wanted ones.
    """

    first: int
    sealed_start: int
    sealed_end: int
    skipped: int
    length: int


def sealed_size(size: int) -> int:
    """Return the length of the ciphertext of so many bytes."""
    return size + TAG_BYTES * -(-size // CHUNK_BYTES)


def span_of(start: int, end: int, size: int) -> ChunkSpan:
    """Return the chunks that hold these bytes of a part."""
    first, last = start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES
    return ChunkSpan(
        first=first,
        sealed_start=first * SEALED_BYTES,
        sealed_end=min((last + 1) * SEALED_BYTES, sealed_size(size)),
        skipped=start - first * CHUNK_BYTES,
        length=end - start,
    )
