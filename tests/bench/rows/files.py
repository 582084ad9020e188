"""Files: uploads and downloads by the API, encrypted: their speed and the memory they need."""

import asyncio
import base64
import hashlib
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID

from chassis.foundation.clock import now as current_time
from chassis.records.attachments.routes import CONTENT_PATH
from chassis.records.attachments.signatures import FileLink, sign_link
from desk.file_settings.domain.limits import MEBIBYTE, PART_BYTES
from tests.bench.machine import accounting
from tests.bench.machine.load import Request
from tests.bench.machine.measuring import RUNS, Bench, Measured, Reach, Row
from tests.bench.machine.system import SELLER, System

SIZE: Final = 256 * MEBIBYTE  # of each file; 200 are admitted by default, so the row raises that
SMALL, GIBIBYTE = 64 * MEBIBYTE, 1024 * MEBIBYTE
STEP: Final = 64 * MEBIBYTE  # of a range that is many parts
CONNECTIONS: Final = 4
LARGEST: Final = {"max_file_bytes": GIBIBYTE}
HEAD: Final = b"%PDF-1.7\n"


def part_of(number: int) -> bytes:
    """Return a part; all but the first are one object, so that the generator's plan stays small."""
    return _part(is_first=number == 1)


@cache
def _part(*, is_first: bool) -> bytes:
    block = hashlib.sha256(str(is_first).encode()).digest() * (PART_BYTES // 32)
    return HEAD + block[len(HEAD) :] if is_first else block


def plain_copy(folder: Path, copies: int) -> float:
    """Return the seconds that writing a file of the same bytes to the disk takes."""
    path, part = folder / "plain-copy", part_of(2)
    began = time.perf_counter()
    with path.open("wb") as file:
        for _ in range(copies):
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    seconds = time.perf_counter() - began
    path.unlink()
    return seconds


async def upload(system: System, size: int = SIZE) -> tuple[str, float]:
    """Upload a file; return its id, and how many seconds its parts took."""
    headers = system.headers()
    body = {"file_name": "scan.pdf", "size": size}
    [begun] = await asked(system, Request("POST", "/desk/v1/files", headers, body))
    path, parts = f"/desk/v1/files/{begun['id']}", []
    for number in range(1, size // PART_BYTES + 1):
        content = part_of(number)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        more = {"Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/octet-stream"}
        parts.append(Request("PUT", f"{path}/parts/{number}", headers | more, content=content))
    sent = await system.send("desk", parts, connections=CONNECTIONS)
    await asked(system, Request("POST", f"{path}/complete", headers | {"If-Match": "*"}, {}))
    return str(begun["id"]), sent.seconds


async def download(system: System, file_id: str) -> float:
    """Fetch a file by ranges of a part; return how many seconds that took."""
    await until_ready(system, file_id)
    url = link_to(system, file_id)
    ranges = [
        Request("GET", url, {"Range": f"bytes={at}-{at + PART_BYTES - 1}"})
        for at in range(0, SIZE, PART_BYTES)
    ]
    return (await system.send("desk", ranges, connections=CONNECTIONS)).seconds


async def until_ready(system: System, file_id: str) -> None:
    """Wait until a file was checked."""
    headers = system.headers()
    path = f"/desk/v1/files/{file_id}"
    async with asyncio.timeout(120):
        while (await asked(system, Request("GET", path, headers)))[0]["status"] != "READY":  # noqa: ASYNC110  # another process checks it
            await asyncio.sleep(0.2)


def link_to(system: System, file_id: str) -> str:
    """Return the path that the service of a record would sign for its caller."""
    key = hashlib.sha256(f"l2c:files:{system.env['L2C_SECRET']}".encode()).digest()
    link = FileLink(
        tenant=system.tenant,
        file_id=UUID(file_id),
        attachment_id=None,
        fetched_by=str(SELLER),
        expires_at=current_time() + timedelta(minutes=5),
    )
    return CONTENT_PATH + sign_link(link, key)


async def asked(system: System, *requests: Request) -> list[dict[str, object]]:
    """Send requests one after the other and return what was answered."""
    sent = await system.send("desk", requests, connections=1)
    return [answer.json() for answer in sent.answers]


@asynccontextmanager
async def storing(system: System) -> AsyncIterator[Path]:
    """Run desk with a store in a folder, and admit files of a gibibyte."""
    folder = system.folder / "files"
    folder.mkdir(parents=True, exist_ok=True)
    system.env["DESK_STORE_URL"] = folder.absolute().as_uri()
    await system.start("desk-api", "desk-jobs")
    admit = Request(
        "PATCH", "/desk/v1/file-settings", system.headers() | {"If-Match": "*"}, LARGEST
    )
    await asked(system, admit)
    yield folder
    await system.stop("desk-api", "desk-jobs")


async def runs(system: System) -> list[tuple[float, float, float]]:
    """Return the seconds of plain copies, uploads and downloads, in turn."""
    measured = []
    async with storing(system) as folder:
        for _ in range(RUNS):
            plain = await asyncio.to_thread(plain_copy, folder, SIZE // PART_BYTES)
            file_id, sent = await upload(system)
            measured.append((plain, sent, await download(system, file_id)))
    return measured


async def memory(bench: Bench) -> Measured:
    """Compare the most memory that the API needs for a file of a gibibyte and for a small one."""
    system, peaks = bench.system, []
    async with storing(system):
        for size in (SMALL, GIBIBYTE):
            file_id, _ = await upload(system, size)
            await until_ready(system, file_id)
            url = link_to(system, file_id)
            for at in range(0, size, STEP):
                fetch = Request("GET", url, {"Range": f"bytes={at}-{at + STEP - 1}"})
                await system.send("desk", [fetch], connections=1)
            peaks.append(accounting.peak_memory_bytes(system.pid("desk-api")))
    small, large = (f"{one / MEBIBYTE:.0f} MiB" for one in peaks)
    return Measured([peaks[1] / peaks[0]], f"{small} for 64 MiB; {large} for 1 GiB")


def row(name: str, what: str, place: int) -> Row:
    async def measure(bench: Bench) -> Measured:
        found = await bench.system.measured_once("files", lambda: runs(bench.system))
        seconds = median(each[place] for each in found)
        rate, plain = (SIZE / MEBIBYTE / one for one in (seconds, median(e[0] for e in found)))
        note = f"{rate:.0f} MiB/s; a plain copy {plain:.0f} MiB/s"
        return Measured([each[place] / each[0] for each in found], note)

    return Row(name, what, Reach(at_most=10), measure, unit="x a plain copy")


ROWS: Sequence[Row] = (
    row("files.upload", "upload 256 MiB, 4 connections, encrypted", 1),
    row("files.download", "download 256 MiB by ranges, encrypted", 2),
    Row(
        "files.memory",
        "peak memory of desk's API: 1 GiB up and down / 64 MiB",
        Reach(at_most=1.1),
        memory,
    ),
)
