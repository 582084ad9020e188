"""Limits on requests with access keys: by key, and on failures by the caller's address.

Counts are kept by each process, as the request quotas of tenants are. A failure limit does not
pause keys that are valid: a stranger behind the same address, or a gateway that repeats one revoked
callback, must not close the keys of others, and 256 random bits cannot be guessed in any case.
"""

import time
from typing import Final, TypeVar
from uuid import UUID

from chassis.foundation.refusals import TooManyRequests
from chassis.foundation.token_bucket import TokenBucket

FAILURES_PER_MINUTE: Final = 20
MAX_COUNTED: Final = 100_000

K = TypeVar("K")


class AccessKeyLimits:
    """The counts of one API process; they are forgotten when they become too many."""

    def __init__(self) -> None:
        self._failures: dict[str, TokenBucket] = {}
        self._requests: dict[UUID, TokenBucket] = {}

    def count_request(self, key_id: UUID, limit: int) -> None:
        """Count a request with this key. Raises TooManyRequests (ACCESS_KEY_LIMITED)."""
        _count(self._requests, key_id, limit)

    def count_failure(self, source: str) -> None:
        """Count a failure from this address. Raises TooManyRequests (ACCESS_KEY_LIMITED)."""
        _count(self._failures, source, FAILURES_PER_MINUTE)


def _count(buckets: dict[K, TokenBucket], key: K, limit: int) -> None:
    now = time.monotonic()
    if key not in buckets:
        if len(buckets) >= MAX_COUNTED:
            buckets.clear()
        buckets[key] = TokenBucket(limit, now)
    wait = buckets[key].take(limit, now)
    if wait:
        raise TooManyRequests("ACCESS_KEY_LIMITED", retry_after=wait, seconds=wait)
