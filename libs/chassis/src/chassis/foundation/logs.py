"""Logging as JSON lines, each with the ids of the request, event or job it belongs to."""

import logging
import sys
import time
from typing import Any

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
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
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
