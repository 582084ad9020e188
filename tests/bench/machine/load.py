"""The load generator: sends a bounded number of requests over some connections.

It runs in a process of its own, so that its CPU time is not the service's; `send` starts it.
The client is made of asyncio and httptools alone: one that takes a millisecond for each request
would wait for itself.
"""

import asyncio
import json
import pickle
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import httptools
import uvloop


@dataclass(frozen=True)
class Request:
    """A request to send; `body` is sent as JSON, `content` as it is."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    content: bytes = b""

    def encoded(self) -> bytes:
        content = self.content if self.body is None else json.dumps(self.body).encode()
        headers = {"Host": "bench", "Content-Length": str(len(content)), **self.headers}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + content


@dataclass(frozen=True)
class Answer:
    """An answer, when its request was sent (`perf_counter`), and the seconds it took."""

    status: int
    content: bytes
    sent_at: float
    seconds: float

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class Sent:
    """The answers in the order of their requests, and how long all of them took."""

    answers: Sequence[Answer]
    seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.answers) / self.seconds

    def latency(self, percent: int) -> float:
        """Return the seconds within which this percentage of the answers came."""
        return quantiles((answer.seconds for answer in self.answers), n=100)[percent - 1]


class LoadFailed(Exception):
    """An answer was not the expected one, so that the measurement means nothing."""


async def send(
    ports: Sequence[int], requests: Sequence[Request], *, connections: int, every: float = 0.0
) -> Sent:
    """Send all requests over these connections; each sends its next one after an answer.

    The connections go to the ports in turn. With `every`, the n-th request is not sent before
    `n * every` seconds. Raises LoadFailed when an answer is no 2xx.
    """
    plan = (ports, [one.encoded() for one in requests], connections, every)
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "plan"), Path(folder, "sent")
        await asyncio.to_thread(asked.write_bytes, pickle.dumps(plan))
        command = [sys.executable, "-m", "tests.bench.machine.load", str(asked), str(answered)]
        process = await asyncio.create_subprocess_exec(*command)
        try:
            await process.wait()
        finally:
            if process.returncode is None:  # the row took too long
                process.kill()
        if process.returncode != 0:
            raise LoadFailed(f"The load generator ended with {process.returncode}.")
        sent: Sent = pickle.loads(await asyncio.to_thread(answered.read_bytes))
    for request, answer in zip(requests, sent.answers, strict=True):
        if not 200 <= answer.status < 300:
            text = answer.content.decode(errors="replace")[:2_000]
            raise LoadFailed(f"{request.method} {request.path}: {answer.status} {text}")
    return sent


class _Connection(asyncio.Protocol):
    """One HTTP connection that has one request in flight at a time."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._content: list[bytes] = []
        self._parser: Any = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Return the status and the content of the answer."""
        self._content = []
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("closed without an answer"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._content.append(body)

    def on_message_complete(self) -> None:
        assert self._answer is not None
        self._answer.set_result((self._parser.get_status_code(), b"".join(self._content)))


async def _run(
    ports: Sequence[int], requests: Sequence[bytes], connections: int, every: float
) -> Sent:
    loop = asyncio.get_running_loop()
    answers: dict[int, Answer] = {}
    waiting = iter(enumerate(requests))
    opened = [
        await loop.create_connection(_Connection, "127.0.0.1", ports[n % len(ports)])
        for n in range(connections)
    ]
    began = time.perf_counter()

    async def work(connection: _Connection, own: Iterator[tuple[int, bytes]]) -> None:
        for place, request in own:
            if every:
                await asyncio.sleep(max(0.0, began + place * every - time.perf_counter()))
            sent_at = time.perf_counter()
            status, content = await connection.ask(request)
            answers[place] = Answer(status, content, sent_at, time.perf_counter() - sent_at)
        connection.close()

    await asyncio.gather(*(work(connection, waiting) for _, connection in opened))
    seconds = time.perf_counter() - began
    return Sent([answers[place] for place in range(len(requests))], seconds)


def main(asked: str, answered: str) -> None:
    """Send the plan in the first file; write what came back to the second."""
    sent = uvloop.run(_run(*pickle.loads(Path(asked).read_bytes())))
    Path(answered).write_bytes(pickle.dumps(sent))


if __name__ == "__main__":
    # Its classes are pickled for the caller, who knows them by the name of this module.
    from tests.bench.machine.load import main as run

    run(*sys.argv[1:])
