"""The bytes of files on their way to the store and back: whole, in ranges, encrypted, buffered."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

from desk.files.domain.chunks import CHUNK_BYTES, sealed_size
from desk.files.domain.ranges import ByteRange
from desk.files.store.contents import Contents, part_cipher, sealed
from desk.files.store.objects import READ_BYTES, FileStore, file_store, path_of, store_of
from desk.files.store.rows import Part
from desk.settings import DeskSettings
from kernel.ids import new_id
from services.desk.tests.files.uploading import objects_in

SECRET = "ab" * 32
TENANT, FILE = new_id(), new_id()
MEBIBYTE = 1024 * 1024


async def pieces_of(content: bytes, size: int = 30_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def stored(
    store: FileStore, parts: list[bytes], secret: str | None = None, tenant: UUID = TENANT
) -> Contents:
    kept = []
    for number, content in enumerate(parts, start=1):
        part = Part(id=new_id(), number=number, size=len(content), sha256="", media_type=None)
        stream = pieces_of(content)
        if secret is not None:
            stream = sealed(stream, part_cipher(secret, part.id))
        await store.write(path_of(tenant, FILE, part.id), stream)
        kept.append(part)
    return Contents(tenant, FILE, secret, kept)


async def read(store: FileStore, contents: Contents, start: int, end: int) -> bytes:
    return b"".join([piece async for piece in contents.read(store, ByteRange(start, end))])


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of an S3 server of this process, which keeps a bucket in memory."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
async def store(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, store_folder: Path
) -> FileStore:
    if request.param == "folder":
        return file_store()
    endpoint: str = request.getfixturevalue("bucket")
    for name, value in {
        "DESK_STORE_URL": "s3://files/of/desk",
        "DESK_S3_ENDPOINT": endpoint,
        "DESK_S3_ACCESS_KEY_ID": "test",
        "DESK_S3_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    await create_bucket(endpoint)
    return FileStore(store_of(DeskSettings.of()))


async def create_bucket(endpoint: str) -> None:
    """Create the bucket with an unsigned request, which the server in memory takes."""
    host, port = endpoint.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"PUT /files HTTP/1.0\r\nHost: s3.amazonaws.com\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    answer = await reader.read()
    writer.close()
    assert b" 200 " in answer.partition(b"\r\n")[0] or b"BucketAlready" in answer, answer


@pytest.mark.parametrize("secret", [None, SECRET])
async def test_a_file_is_read_as_it_was_written_and_in_ranges(
    store: FileStore, secret: str | None
) -> None:
    parts = [bytes([n]) * size for n, size in enumerate((200_000, 200_000, 77))]
    contents, whole = await stored(store, parts, secret), b"".join(parts)
    assert contents.size == len(whole) == 400_077
    assert await read(store, contents, 0, 400_077) == whole
    for start, end in ((0, 1), (65_535, 65_537), (199_999, 200_001), (399_990, 400_077)):
        assert await read(store, contents, start, end) == whole[start:end], (start, end)


async def test_deleted_objects_are_gone_and_may_be_deleted_again(store: FileStore) -> None:
    contents = await stored(store, [b"x" * 10])
    path = path_of(TENANT, FILE, contents.parts[0].id)
    await store.delete([path])
    await store.delete([path, "never/there/at-all"])
    with pytest.raises(FileNotFoundError):
        await read(store, contents, 0, 10)


async def test_a_stream_that_breaks_off_leaves_no_object(
    store: FileStore, store_folder: Path
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * MEBIBYTE
        raise ValueError("the other side has hung up")

    part = Part(id=new_id(), number=1, size=10, sha256="", media_type=None)
    with pytest.raises(ValueError, match="hung up"):
        await store.write(path_of(TENANT, FILE, part.id), broken())
    with pytest.raises(FileNotFoundError):
        await read(store, Contents(TENANT, FILE, None, [part]), 0, 10)


async def test_bytes_at_rest_show_nothing_and_no_two_parts_are_alike(store_folder: Path) -> None:
    content = "合同金额一百万元。".encode() * 10_000
    await stored(file_store(), [content, content], SECRET)
    at_rest = [path.read_bytes() for path in objects_in(store_folder)]
    assert [len(one) for one in at_rest] == [sealed_size(len(content))] * 2
    assert at_rest[0] != at_rest[1]
    assert all("合同".encode() not in one for one in at_rest)


async def test_changed_or_exchanged_ciphertext_is_refused(store_folder: Path) -> None:
    contents = await stored(file_store(), [b"x" * 200_000], SECRET)
    [path] = objects_in(store_folder)
    before = path.read_bytes()
    chunk = CHUNK_BYTES + 16
    for changed in (
        before[:-1] + bytes([before[-1] ^ 1]),
        before[chunk : 2 * chunk] + before[:chunk] + before[2 * chunk :],
    ):
        path.write_bytes(changed)
        with pytest.raises(InvalidTag):
            await read(file_store(), contents, 0, 200_000)
    path.write_bytes(before)
    other = Contents(TENANT, FILE, "cd" * 32, contents.parts)
    with pytest.raises(InvalidTag):
        await read(file_store(), other, 0, 10)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(sizes=st.lists(st.integers(1, 150_000), min_size=1, max_size=3), data=st.data())
async def test_any_range_of_an_encrypted_file_is_what_was_written(
    sizes: list[int], data: st.DataObject
) -> None:
    parts = [bytes((n + k) % 251 for k in range(size)) for n, size in enumerate(sizes)]
    whole = b"".join(parts)
    contents = await stored(file_store(), parts, SECRET)
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start + 1, len(whole)))
    assert await read(file_store(), contents, start, end) == whole[start:end]


@pytest.mark.parametrize("secret", [None, SECRET])
async def test_no_more_than_a_few_buffers_of_a_file_are_held(secret: str | None) -> None:
    """Of a part, what was sent but not yet stored; of a file, the pieces of an answer."""
    largest = 0
    contents = await stored(file_store(), [b"y" * (16 * MEBIBYTE)], secret)
    async for piece in contents.read(file_store(), ByteRange(0, contents.size)):
        largest = max(largest, len(piece))
    assert largest <= 2 * READ_BYTES


async def test_a_part_is_written_while_it_arrives(store_folder: Path) -> None:
    """After 12 MiB of 16 have been taken, most of them are on the disk already."""
    seen: list[int] = []

    async def counted() -> AsyncIterator[bytes]:
        for n in range(16):
            if n == 12:
                seen.append(sum(one.stat().st_size for one in objects_in(store_folder)))
            yield b"z" * MEBIBYTE

    await file_store().write(path_of(TENANT, FILE, new_id()), counted())
    assert seen[0] >= 5 * MEBIBYTE
