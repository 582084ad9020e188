"""Reads and writes the bytes of a file's parts, encrypted if the file has a key.

A part's key is derived from the file's and the part's id, which no other object has: so the number
of a chunk is a nonce that no two chunks under one key share, however often a part is sent again.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from desk.files.domain.chunks import CHUNK_BYTES, SEALED_BYTES, span_of
from desk.files.domain.ranges import ByteRange, slices_of
from desk.files.store.objects import FileStore, path_of
from desk.files.store.rows import Part

KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True)
class Contents:
    """The bytes of a file: whose it is, its key if it is encrypted, and its parts in order."""

    tenant: UUID
    file_id: UUID
    secret: str | None
    parts: Sequence[Part]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    async def read(self, store: FileStore, wanted: ByteRange) -> AsyncIterator[bytes]:
        """Yield the wanted bytes. Raises InvalidTag if an encrypted part was changed, OSError."""
        for piece in slices_of(wanted, [part.size for part in self.parts]):
            part = self.parts[piece.index]
            path = path_of(self.tenant, self.file_id, part.id)
            if self.secret is None:
                pieces = store.read(path, piece.start, piece.end)
            else:
                cipher = part_cipher(self.secret, part.id)
                pieces = _opened(store, path, cipher, piece.start, piece.end, part.size)
            async for found in pieces:
                yield found


def part_cipher(secret: str, part_id: UUID) -> AESGCM:
    """Return the cipher of one part of a file."""
    info = b"l2c file part 1\0" + part_id.bytes
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(bytes.fromhex(secret)))


async def sealed(pieces: AsyncIterator[bytes], cipher: AESGCM) -> AsyncIterator[bytes]:
    """Yield the ciphertext of a part, chunk by chunk."""
    number, rest = 0, bytearray()
    async for piece in pieces:
        rest += piece
        while len(rest) >= CHUNK_BYTES:
            yield cipher.encrypt(_nonce(number), bytes(rest[:CHUNK_BYTES]), None)
            del rest[:CHUNK_BYTES]
            number += 1
    if rest:
        yield cipher.encrypt(_nonce(number), bytes(rest), None)


async def _opened(
    store: FileStore, path: str, cipher: AESGCM, start: int, end: int, size: int
) -> AsyncIterator[bytes]:
    """Yield the bytes `[start, end)` of an encrypted part of this size."""
    span = span_of(start, end, size)
    number, skipped, left, rest = span.first, span.skipped, span.length, bytearray()
    async for piece in store.read(path, span.sealed_start, span.sealed_end):
        rest += piece
        while len(rest) >= SEALED_BYTES:
            opened = cipher.decrypt(_nonce(number), bytes(rest[:SEALED_BYTES]), None)
            del rest[:SEALED_BYTES]
            number += 1
            wanted = opened[skipped : skipped + left]
            skipped, left = 0, left - len(wanted)
            yield wanted
    if rest:
        opened = cipher.decrypt(_nonce(number), bytes(rest), None)
        yield opened[skipped : skipped + left]


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")
