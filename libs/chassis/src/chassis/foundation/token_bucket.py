"""A token bucket: limits requests to so many a minute."""

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """The requests that are left of a minute's worth; it refills evenly.

    Times are monotonic seconds. The limit is passed in, because it may change between requests.
    """

    tokens: float
    filled_at: float

    def take(self, limit: int, now: float) -> int:
        """Take one request of `limit` a minute; return 0, or the seconds to wait for the next."""
        per_second = limit / 60
        self.tokens = min(limit, self.tokens + (now - self.filled_at) * per_second)
        self.filled_at = now
        if self.tokens < 1:
            return 60 if limit == 0 else max(1, round((1 - self.tokens) / per_second + 0.5))
        self.tokens -= 1
        return 0
