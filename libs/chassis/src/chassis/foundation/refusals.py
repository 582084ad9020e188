"""Errors of the protocol rather than of the business; `web.problems` maps them to statuses."""

from typing import Any

from kernel.errors import DomainError


class Malformed(DomainError):
    """The request cannot be parsed."""


class Unauthenticated(DomainError):
    """The bearer token is missing or not valid."""


class Expired(DomainError):
    """What the caller names existed, but is no longer kept."""


class TooLarge(DomainError):
    """The body is larger than the route accepts."""


class TooManyRequests(DomainError):
    """The caller exceeds a rate limit; `retry_after` is the number of seconds to wait."""

    def __init__(self, code: str, /, *, retry_after: int, **params: Any) -> None:
        super().__init__(code, **params)
        self.retry_after = retry_after


class Moved(DomainError):
    """What the caller reads is found at another path, `location`, for now."""

    def __init__(self, code: str, /, *, location: str, **params: Any) -> None:
        super().__init__(code, **params)
        self.location = location


class PreconditionFailed(DomainError):
    """If-Match names another version than the stored one: the caller's copy is stale."""


class PreconditionRequired(DomainError):
    """The request lacks If-Match: it must name the version it changes."""


class Unavailable(DomainError):
    """The service is temporarily unavailable; the same request may succeed later."""
