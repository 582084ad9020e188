"""Where the bytes of files lie: a folder, or a bucket of S3, OSS or MinIO.

The address of an object is `<tenant>/<file>/<part>`. Its bytes are streamed both ways, so that a
file of any size takes the memory of a few buffers. Nothing here is called inside a transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from desk.settings import DeskSettings, desk_settings

if TYPE_CHECKING:  # it does not exist at run time
    from obstore.store import S3Config

BUFFER_BYTES: Final = 5 * 1024 * 1024  # S3 takes no smaller part of an upload
READ_BYTES: Final = 256 * 1024


class StoreFailed(OSError):
    """The store cannot be reached, or refuses."""


class FileStore:
    """The objects of one store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def write(self, path: str, pieces: AsyncIterator[bytes]) -> None:
        """Write an object; there is none if `pieces` raises.

        Raises what `pieces` raises, and StoreFailed.
        """
        with _failures():
            await obstore.put_async(
                self._store, path, pieces, chunk_size=BUFFER_BYTES, max_concurrency=1
            )

    async def read(self, path: str, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes `[start, end)` of an object. Raises StoreFailed, FileNotFoundError."""
        with _failures():
            found = await obstore.get_async(self._store, path, options={"range": (start, end)})
            async for piece in found.stream(min_chunk_size=READ_BYTES):
                yield bytes(piece)

    async def delete(self, paths: Sequence[str]) -> None:
        """Delete objects; one that is missing is no error. Raises StoreFailed."""
        for path in paths:
            with suppress(FileNotFoundError), _failures():  # never written, or deleted before
                await obstore.delete_async(self._store, path)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except BaseError as error:
        raise StoreFailed(str(error).partition("\n")[0]) from error


def path_of(tenant: UUID, file_id: UUID, part_id: UUID) -> str:
    """Return the address of an object in the store."""
    return f"{tenant}/{file_id}/{part_id}"


@cache
def file_store() -> FileStore:
    """Return the store of this process, as the settings name it."""
    return FileStore(store_of(desk_settings()))


def store_of(settings: DeskSettings) -> ObjectStore:
    """Return the store that settings describe; a folder is created."""
    place = urlsplit(settings.place)
    if place.scheme == "file":
        folder = Path(unquote(place.path))
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(folder, automatic_cleanup=True)
    endpoint = settings.s3_endpoint
    config: S3Config = {
        "region": settings.s3_region,
        "virtual_hosted_style_request": settings.s3_virtual_hosted,
    }
    if endpoint:
        config["endpoint"] = endpoint
    if settings.s3_access_key_id:  # else those of the machine's role
        config["access_key_id"] = settings.s3_access_key_id
        config["secret_access_key"] = settings.s3_secret_access_key.get_secret_value()
    return S3Store(
        place.netloc,
        prefix=place.path.strip("/") or None,
        config=config,
        client_options={"allow_http": endpoint.startswith("http://")},
    )
