"""Refusals that come from the protocol, not from the business; statuses are in `problems`."""

from typing import Any

from kernel.errors import DomainError


class Malformed(DomainError):
    """The request cannot be read at all."""


class Unauthenticated(DomainError):
    """No token, or not a good one."""


class TooLarge(DomainError):
    """The body is larger than this route takes."""


class TooManyRequests(DomainError):
    """Slow down; `retry_after` is how many seconds to wait."""

    def __init__(self, code: str, /, *, retry_after: int, **params: Any) -> None:
        super().__init__(code, **params)
        self.retry_after = retry_after


class PreconditionFailed(DomainError):
    """The caller's copy is stale."""


class PreconditionRequired(DomainError):
    """The caller must say which copy it saw."""


class Unavailable(DomainError):
    """Not now; the same request may succeed later."""
