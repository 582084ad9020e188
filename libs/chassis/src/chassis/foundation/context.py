"""The context of a piece of work: ids that a request passes to its rows, events and logs."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Final

from kernel.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Context:
    """The chain of causes a piece of work belongs to.

    `correlation_id` identifies the whole chain (its first request), `causation_id` the previous
    step (a request or event id), `job_id` the running job, `origin` the record of the event, or
    the one that the job works for (`l2o.import:<id>`); `traceparent` is W3C Trace Context, `actor`
    the principal, in a job who started it. `country` (ISO 3166-1) is that of the tenant: telephone
    numbers without a country code are read as numbers of it. `language` is that of texts, which
    `chose_language` says the caller chose; else it is the tenant's first, once that is known.
    """

    request_id: str = field(default_factory=lambda: str(new_id()))
    correlation_id: str = ""
    causation_id: str | None = None
    job_id: str | None = None
    origin: str | None = None
    traceparent: str = field(default_factory=lambda: f"00-{token_hex(16)}-{token_hex(8)}-01")
    actor: str | None = None
    tenant: str | None = None
    language: str = "zh-CN"
    chose_language: bool = False
    country: str | None = None

    @property
    def trace_id(self) -> str:
        """The 32 hex digits that logs, problems and spans share."""
        return self.traceparent.split("-")[1]


_current: ContextVar[Context | None] = ContextVar("context", default=None)


OPERATOR: Final = "operator:"
SYSTEM_ACTOR: Final = "system:"  # then the name of a component that acts for nobody


def operator_actor(name: str) -> str:
    """Return the actor of an operator who gave this name to the command line."""
    return f"{OPERATOR}{name}"


def shown_operator(actor: str) -> str:
    """Return how the command line shows an actor: an operator by the name that they gave."""
    return operator_name(actor) or actor


def operator_name(actor: str) -> str | None:
    """Return the name that an operator gave; None of an actor who is no operator."""
    return actor.removeprefix(OPERATOR) if actor.startswith(OPERATOR) else None


def current_or_none() -> Context | None:
    """Return the context of the running task, None outside any request, event or job."""
    return _current.get()


def current() -> Context:
    """Return the context of the running task, a new one outside any request, event or job."""
    context = _current.get()
    return context if context is not None else Context()


@contextmanager
def use_context(context: Context) -> Iterator[Context]:
    """Run the block inside this context."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def replace_current(context: Context) -> None:
    """Replace the context of the rest of this task, once the principal or tenant is known."""
    _current.set(context)
