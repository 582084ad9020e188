"""Tests of an API process: its two ports, and its stop by signals (not ready, drain, close)."""

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator

import httpx
import pytest

from testkit.databases import ServiceDatabase


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def served(
    service_database: ServiceDatabase, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Process, str]]:
    port, operators_port = free_port(), free_port()
    env = os.environ | {
        "L2C_MODE": "development",
        "L2C_DRAIN_SECONDS": request.param,
        "TESTKIT_DATABASE_URL": service_database.app_url,
    }
    ports = ("--port", str(port), "--operators-port", str(operators_port))
    command = (sys.executable, "-m", "chassis", "api", "testkit", *ports)
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=-3, stderr=-3)
    url = f"http://127.0.0.1:{operators_port}"
    try:
        await wait_until_ready(url)
        yield process, url
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def wait_until_ready(url: str) -> None:
    for _ in range(300):
        if await readiness(url) == 200:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(url)


async def readiness(url: str) -> int | None:
    try:
        async with httpx.AsyncClient() as http:
            return (await http.get(f"{url}/readyz")).status_code
    except httpx.TransportError:
        return None


@pytest.mark.parametrize("served", ["1.5"], indirect=True)
async def test_a_draining_process_answers_requests_but_is_not_ready(
    served: tuple[Process, str],
) -> None:
    process, url = served
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    await asyncio.sleep(0.5)
    assert await readiness(url) == 503
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert time.monotonic() - begun >= 1.4


@pytest.mark.parametrize("served", ["9"], indirect=True)
async def test_a_second_signal_ends_the_drain(served: tuple[Process, str]) -> None:
    process, url = served
    process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    await asyncio.sleep(0.3)
    assert await readiness(url) == 503
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    assert time.monotonic() - begun < 8
