"""A virus scanner for tests: ClamAV's own daemon where one is installed, else one in its words.

Either knows one signature of its own, and needs no list of real viruses.
"""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

VIRUS = b"L2C-TEST-SIGNATURE-9c1f0a7d"
THREAT = "L2C.Test"
PATIENCE = 60


@asynccontextmanager
async def scanner(folder: Path) -> AsyncIterator[str]:
    """Run a scanner during the block; yield its address."""
    program = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    run = _small_daemon(folder) if program is None else _clamd(program, folder)
    async with run as address:
        yield address


@asynccontextmanager
async def _clamd(program: str, folder: Path) -> AsyncIterator[str]:
    """Run ClamAV's daemon in the foreground, on a socket in this folder."""
    socket, signatures = folder / "clamd.sock", folder / "signatures"
    signatures.mkdir()
    (signatures / "local.ndb").write_text(f"{THREAT}:0:*:{VIRUS.hex()}\n")
    (folder / "clamd.conf").write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {signatures}\nTemporaryDirectory {folder}\n"
        "Foreground yes\nStreamMaxLength 20M\nUser root\n"
    )
    command = [program, "--config-file", str(folder / "clamd.conf")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: ASYNC220  # it starts at once, and is a program of this machine
    try:
        await _answering(str(socket))
        yield str(socket)
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def _answering(socket: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_unix_connection(socket)
                writer.write(b"zPING\0")
                answer = await reader.readuntil(b"\0")
                writer.close()
                if answer == b"PONG\0":
                    return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _small_daemon(folder: Path) -> AsyncIterator[str]:
    """Run a server that answers INSTREAM as ClamAV's daemon does."""
    socket = str(folder / "clamd.sock")
    server = await asyncio.start_unix_server(_serve, socket)
    async with server:
        yield socket


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    content = bytearray()
    if await reader.readuntil(b"\0") == b"zINSTREAM\0":
        while length := int.from_bytes(await reader.readexactly(4), "big"):
            content += await reader.readexactly(length)
            if len(content) > 20 * 1024 * 1024:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                break
        else:
            found = f"stream: {THREAT}.UNOFFICIAL FOUND" if VIRUS in content else "stream: OK"
            writer.write(found.encode() + b"\0")
    await writer.drain()
    writer.close()
