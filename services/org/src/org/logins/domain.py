"""A login, and the limit on wrong attempts to sign in.

Attempts are counted by login and source address, so that guesses from a stranger's address pause
that address and not the owner of the login. All sources together have a higher limit, which does
not apply to a source that signed in successfully within the last 30 days.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

ALL_SOURCES: Final = ""  # the source in the count over all sources
ALLOWED_FAILURES: Final = 5
ALLOWED_FAILURES_ALL_SOURCES: Final = 100
FAILURE_WINDOW: Final = timedelta(minutes=5)
TRUSTED_FOR: Final = timedelta(days=30)
NO_WAIT: Final = timedelta(0)

# One scope (`mtl.lead.read`), all of a resource (`mtl.lead.*`) or service (`mtl.*`), or all (`*`).
SCOPE_PATTERN: Final = r"^(\*|[a-z][a-z0-9]*\.(\*|[a-z_]+\.(\*|[a-z_]+)))$"


class LoginKind(StrEnum):
    """Whether a login belongs to a person or a service client."""

    PERSON = "person"
    CLIENT = "client"


def whole_seconds(wait: timedelta) -> int:
    """Round a wait up to whole seconds, at least one."""
    return max(1, -(-wait // timedelta(seconds=1)))


@dataclass(frozen=True, kw_only=True)
class Login:
    """A name to sign in with, its person or client, and the hash of its secret."""

    login: str
    kind: LoginKind
    tenant_id: UUID
    subject_id: UUID
    secret_hash: str
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class LoginAttempts:
    """The count of wrong secrets for a login since `failed_at`, from one source or from all.

    `login` is the digest of the name. The last allowed failure sets `failed_at` anew, so the pause
    begins there. `proven_at` is the last success from this source.
    """

    login: str
    source: str
    failed: int = 0
    failed_at: datetime | None = None
    proven_at: datetime | None = None

    @property
    def allowed_failures(self) -> int:
        """How many failures within FAILURE_WINDOW start a pause."""
        return ALLOWED_FAILURES_ALL_SOURCES if self.source == ALL_SOURCES else ALLOWED_FAILURES

    def wait(self, *, now: datetime) -> timedelta:
        """Return how long attempts are paused; zero when they are allowed."""
        if self.failed < self.allowed_failures or self.failed_at is None:
            return NO_WAIT
        return max(self.failed_at + FAILURE_WINDOW - now, NO_WAIT)

    def is_trusted(self, *, now: datetime) -> bool:
        """Return whether this source signed in successfully within TRUSTED_FOR."""
        return self.proven_at is not None and now < self.proven_at + TRUSTED_FOR

    def after_success(self, *, now: datetime) -> LoginAttempts:
        """Return the count after a success; the count over all sources stays as it is."""
        if self.source == ALL_SOURCES:
            return self
        return replace(self, failed=0, failed_at=None, proven_at=now)

    def after_failure(self, *, now: datetime) -> LoginAttempts:
        """Return the count after an allowed attempt that failed."""
        if self.failed_at is None or self.failed_at + FAILURE_WINDOW <= now:
            return replace(self, failed=1, failed_at=now)
        failed = self.failed + 1
        since = now if failed >= self.allowed_failures else self.failed_at
        return replace(self, failed=failed, failed_at=since)


def retry_wait(
    source_attempts: LoginAttempts, all_attempts: LoginAttempts, *, now: datetime
) -> timedelta:
    """Return how long this source must wait before it may try this login."""
    if source_attempts.is_trusted(now=now):
        return source_attempts.wait(now=now)
    return max(source_attempts.wait(now=now), all_attempts.wait(now=now))
