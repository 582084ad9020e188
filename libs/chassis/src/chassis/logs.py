"""JSON log lines, each with the ids of the request or event it belongs to."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from chassis.context import current
from kernel.personal import mask

# Named fields that hold a person's data are masked wherever they are logged.
PERSONAL_FIELDS = frozenset({"phone", "email", "mail", "username", "contact_name", "person_name"})


def _with_context(_logger: Any, _method: str, event: EventDict) -> EventDict:
    context = current()
    event.setdefault("request_id", context.request_id)
    event.setdefault("correlation_id", context.correlation_id or context.request_id)
    event.setdefault("trace_id", context.trace_id)
    if context.causation_id:
        event.setdefault("event_id", context.causation_id)
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


def configure(level: str, *, service: str) -> None:
    """Send every log line, the libraries' too, to stdout as one JSON object."""

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
