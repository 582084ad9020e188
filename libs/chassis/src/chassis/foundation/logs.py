"""Logging as JSON lines, each with the ids of the request, event or job it belongs to."""

import logging
import sys
import time
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.typing import EventDict, Processor

from chassis.foundation.context import current_or_none
from chassis.foundation.key_redaction import without_access_keys
from kernel.personal import mask

# Fields with personal data; their values are masked in every log line.
PERSONAL_FIELDS = frozenset({"phone", "email", "mail", "username", "contact_name", "person_name"})


def _with_context(_logger: Any, _method: str, event: EventDict) -> EventDict:
    context = current_or_none()
    if context is None:  # outside a request: no ids to log
        return event
    event.setdefault("request_id", context.request_id)
    event.setdefault("correlation_id", context.correlation_id or context.request_id)
    event.setdefault("trace_id", context.trace_id)
    if context.causation_id:
        event.setdefault("event_id", context.causation_id)
    if context.job_id:
        event.setdefault("job_id", context.job_id)
    if context.tenant:
        event.setdefault("tenant", context.tenant)
    if context.actor:
        event.setdefault("actor", context.actor)
    return event


def _masked(_logger: Any, _method: str, event: EventDict) -> EventDict:
    for name in PERSONAL_FIELDS & event.keys():
        if isinstance(event[name], str):
            event[name] = mask(event[name])
    return event


def _without_access_keys(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Replace access keys in every text of the line, such as its path or a traceback."""
    return {
        name: without_access_keys(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _json(event: EventDict, **_: Any) -> bytes:
    return orjson.dumps(event, default=repr, option=orjson.OPT_APPEND_NEWLINE)


class Lines:
    """Writes finished lines to a stream; one that cannot be written is lost, and fails nobody."""

    def __init__(self, stream: BinaryIO, *_: object) -> None:
        self._stream = stream
        self.debug = self.info = self.warning = self.error = self.critical = self.msg

    def msg(self, line: bytes) -> None:
        """Write one line at once, so that it is not cut by lines of other threads."""
        with suppress(OSError, ValueError):  # a broken pipe; a closed file
            self._stream.write(line)
            self._stream.flush()


class RepeatedLineFilter(logging.Filter):
    """Passes a repeated log line of a library once in ten seconds, with the suppressed count.

    An unavailable broker caused 15,000 lines otherwise.
    """

    def __init__(self, seconds: float = 10.0) -> None:
        super().__init__()
        self._seconds = seconds
        self._last: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key, now = (record.name, str(record.msg)), time.monotonic()
        last, suppressed = self._last.get(key, (float("-inf"), 0))
        if now - last < self._seconds:
            self._last[key] = (last, suppressed + 1)
            return False
        self._last[key] = (now, 0)
        if suppressed:
            record.msg = f"{record.msg} (and {suppressed} times more)"
        return True


def configure(level: str, *, service: str) -> None:
    """Write every log line, also of libraries, to stdout as one JSON object."""

    def with_service(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        with_service,
        _with_context,
        _masked,
        structlog.processors.format_exc_info,
        _without_access_keys,
    ]
    # Own lines do not pass through `logging`, which costs three times as much (decision 33).
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_json)],
        logger_factory=partial(Lines, sys.stdout.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        cache_logger_on_first_use=False,  # or a later configuration would not reach it
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("aiokafka").setLevel("WARNING")
    repeated = RepeatedLineFilter()
    handler.addFilter(
        lambda record: not record.name.startswith("aiokafka") or repeated.filter(record)
    )
