"""The files of a tenant as one zip archive, written while it is read: no file is held whole."""

from collections.abc import AsyncIterator
from typing import IO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from desk.files.actions.downloads import OpenedFile
from desk.files.domain.ranges import ByteRange
from desk.files.store.objects import FileStore


class _Sink:
    """Takes what the archive writes, and hands it on."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Do nothing: whoever reads takes what is there."""

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


async def zipped(store: FileStore, files: AsyncIterator[OpenedFile]) -> AsyncIterator[bytes]:
    """Yield a zip archive of these files, each under its id and its name."""
    sink = _Sink()
    archive = ZipFile(cast(IO[bytes], sink), "w", ZIP_STORED)  # it only writes to it
    async for opened in files:
        file = opened.file
        at = file.created_at
        instant = (at.year, at.month, at.day, at.hour, at.minute, at.second)
        info = ZipInfo(f"{file.id}/{file.display_name}", instant)
        with archive.open(info, "w", force_zip64=True) as entry:
            async for piece in opened.contents.read(store, ByteRange(0, file.size)):
                entry.write(piece)
                yield sink.taken()
    archive.close()
    yield sink.taken()
