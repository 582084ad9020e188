"""The port to a virus scanner, and the one adapter: ClamAV's daemon, by its protocol.

The libraries for it take a file object; here the bytes come from an object store, decrypted on the
way, and are never on a disk in clear.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

MAX_REPLY: Final = 4096
CONNECT_SECONDS: Final = 10
REPLY_SECONDS: Final = 300
PIECE_BYTES: Final = 256 * 1024
NO_REPLY: Final = (asyncio.IncompleteReadError, asyncio.LimitOverrunError)


class ScannerFailed(Exception):
    """The scanner cannot be reached, or does not answer what was asked."""


class Scanner(Protocol):
    """Looks for threats in the bytes of a file."""

    async def scan(self, pieces: AsyncIterator[bytes]) -> str | None:
        """Return the name of the threat that was found; None for a clean file.

        Raises ScannerFailed.
        """


@dataclass(frozen=True)
class ClamdScanner:
    """ClamAV's daemon at `host:port` or the path of a socket, by its command INSTREAM.

    Its setting StreamMaxLength has to admit the largest file of any tenant.
    """

    address: str

    async def scan(self, pieces: AsyncIterator[bytes]) -> str | None:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await self._connect()
        except (OSError, TimeoutError) as error:
            raise ScannerFailed(f"{self.address} cannot be reached: {error}") from error
        try:
            reply = await self._asked(reader, writer, pieces)
        except (OSError, TimeoutError, *NO_REPLY) as error:
            raise ScannerFailed(f"{self.address} ended the scan: {error!r}") from error
        finally:
            writer.close()
        return _threat_of(reply)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.startswith("/"):
            return await asyncio.open_unix_connection(self.address, limit=MAX_REPLY)
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=MAX_REPLY)

    async def _asked(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pieces: AsyncIterator[bytes],
    ) -> str:
        writer.write(b"zINSTREAM\0")
        async for piece in pieces:
            for start in range(0, len(piece), PIECE_BYTES):
                part = piece[start : start + PIECE_BYTES]
                writer.write(len(part).to_bytes(4, "big") + part)
                await writer.drain()
        writer.write(bytes(4))
        await writer.drain()
        async with asyncio.timeout(REPLY_SECONDS):
            reply = await reader.readuntil(b"\0")
        return reply.rstrip(b"\0").decode(errors="replace").strip()


def _threat_of(reply: str) -> str | None:
    """Return the threat that a reply names. Raises ScannerFailed for one that is no verdict."""
    verdict = reply.removeprefix("stream: ")
    if verdict == "OK":
        return None
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    raise ScannerFailed(f"The scanner answers: {reply}")


def scanner_at(address: str) -> Scanner | None:
    """Return the scanner at an address of the settings; None without one."""
    return ClamdScanner(address) if address else None
