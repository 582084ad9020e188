"""Ends requests that are too large or too slow, before they cost more than a connection.

uvicorn limits neither the size of headers (with httptools) nor the time that a client takes to
send a request or to read the answer. The body's size is limited where it is read (`strict_json`).
"""

from asyncio import TimerHandle, Transport
from collections.abc import Callable
from dataclasses import dataclass

import orjson
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from chassis.foundation.settings import Settings
from chassis.foundation.texts import Texts
from chassis.web.problems import ProblemDetails, problem_body

log = structlog.get_logger()

SLOWEST_BODY = 1_000  # bytes a second, beyond the time that every body has
HEADER_OVERHEAD = 4  # bytes: the colon, the blank and the end of the line
LINGER_SECONDS = 1.0
RETRY_AFTER = b"retry-after: 1\r\n"


@dataclass(frozen=True)
class Limits:
    """What one client may take: bytes of headers, seconds, and connections of all clients."""

    header_bytes: int
    header_seconds: float
    body_seconds: float
    answer_seconds: float
    connections: int

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        return cls(
            header_bytes=settings.max_header_bytes,
            header_seconds=settings.header_seconds,
            body_seconds=settings.body_seconds,
            answer_seconds=settings.answer_seconds,
            connections=settings.max_connections,
        )


def limited(limits: Limits) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol with these limits."""
    return type("Limited", (LimitedProtocol,), {"limits": limits})


class LimitedProtocol(HttpToolsProtocol):
    """Answers 431 for large headers, 408 for slow requests, 503 for too many connections.

    One timer runs at a time: for the headers from the first byte (or the connection) on, then for
    the body. Between requests uvicorn's own timer for idle connections runs.
    """

    limits: Limits
    _timer: TimerHandle | None = None
    _stall: TimerHandle | None = None
    _in_headers = True  # whether the headers of the next request are not complete
    _unparsed = 0  # bytes received since the last headers
    _header_size = 0
    _body_size = 0
    _body_began = 0.0
    _refused = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse(503, "TOO_MANY_CONNECTIONS")
        else:
            self._after(self.limits.header_seconds, self._headers_are_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        idle = self.cycle is None or self.cycle.response_complete
        if self._in_headers and idle and self._timer is None:
            self._after(self.limits.header_seconds, self._headers_are_late)
        self._unparsed += len(data) if self._in_headers else 0
        super().data_received(data)
        if self._in_headers and self._unparsed > self.limits.header_bytes:
            self._refuse(431, "HEADERS_TOO_LARGE")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_headers, self._header_size = True, 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._header_size += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_size += len(name) + len(value) + HEADER_OVERHEAD
        if self._header_size <= self.limits.header_bytes:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_headers, self._unparsed = False, 0
        if self._header_size > self.limits.header_bytes:
            self._refuse(431, "HEADERS_TOO_LARGE")
        if self._refused:
            return
        super().on_headers_complete()
        self._body_size, self._body_began = 0, self.loop.time()
        self._after(self.limits.body_seconds, self._body_is_late)

    def on_body(self, body: bytes) -> None:
        if self._refused:
            return
        self._body_size += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refused:
            return
        self._end_timer()
        self._in_headers = True
        if self.cycle.response_complete:  # an early answer: no timer of uvicorn's waits any more
            self._after(self.limits.header_seconds, self._headers_are_late)
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall = self.loop.call_later(self.limits.answer_seconds, self._answer_is_not_read)

    def resume_writing(self) -> None:
        self._end_stall()
        super().resume_writing()

    def _after(self, seconds: float, late: Callable[[], None]) -> None:
        self._end_timer()
        self._timer = self.loop.call_later(seconds, late)

    def _headers_are_late(self) -> None:
        self._refuse(408, "REQUEST_TOO_SLOW")

    def _body_is_late(self) -> None:
        allowed = self.limits.body_seconds + self._body_size / SLOWEST_BODY
        remaining = self._body_began + allowed - self.loop.time()
        if self.flow.read_paused:  # the application is the slow one
            remaining = self.limits.body_seconds
        if remaining > 0:
            self._after(remaining, self._body_is_late)
        else:
            self._refuse(408, "REQUEST_TOO_SLOW")

    def _answer_is_not_read(self) -> None:
        log.warning("answer_not_read", client=self.client)
        self.transport.abort()

    def _refuse(self, status: int, code: str) -> None:
        """Answer with a problem, unless an answer has begun, and close the connection.

        What still arrives is read and dropped for a moment: the kernel would reset a connection
        with unread bytes, and the client would not see the answer.
        """
        self._refused = True
        self._end_timers()
        if self.transport.is_closing():
            return
        log.warning("connection_refused", code=code, client=self.client)
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_answer(status, code))
            self.transport.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def _end_timers(self) -> None:
        self._end_timer()
        self._end_stall()

    def _end_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


def _answer(status: int, code: str) -> bytes:
    """Return a whole answer; its language is the default, because no header was read yet."""
    body = orjson.dumps(problem_body(Texts(), ProblemDetails(status, code, {}), instance=""))
    return b"".join(
        [
            STATUS_LINE[status],
            b"content-type: application/problem+json\r\ncontent-length: ",
            str(len(body)).encode(),
            b"\r\ncache-control: no-store\r\nconnection: close\r\n",
            RETRY_AFTER if status == 503 else b"",
            b"\r\n",
            body,
        ]
    )
