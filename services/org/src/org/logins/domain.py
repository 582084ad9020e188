"""A login, and the brake on guessing its secret."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self
from uuid import UUID

ALLOWED_FAILURES: Final = 5
WINDOW: Final = timedelta(minutes=5)
NO_WAIT: Final = timedelta(0)

# `mtl.lead.read`, all of a service (`mtl.*`), or all (`*`).
SCOPE: Final = r"^(\*|[a-z][a-z0-9]*\.(\*|[a-z_]+\.[a-z_]+))$"


class LoginKind(StrEnum):
    PERSON = "person"
    CLIENT = "client"


def whole_seconds(wait: timedelta) -> int:
    """A wait as it is told: never too short, never none."""
    return max(1, -(-wait // timedelta(seconds=1)))


@dataclass(frozen=True, kw_only=True)
class Login:
    """`failed` counts the wrong secrets since `failed_at`; the last one allowed sets it anew."""

    login: str
    kind: LoginKind
    tenant_id: UUID
    subject_id: UUID
    secret_hash: str
    scopes: tuple[str, ...]
    active: bool = True
    failed: int = 0
    failed_at: datetime | None = None

    def wait(self, *, now: datetime) -> timedelta:
        """How long nobody may try; zero when anybody may."""
        if self.failed < ALLOWED_FAILURES or self.failed_at is None:
            return NO_WAIT
        return max(self.failed_at + WINDOW - now, NO_WAIT)

    def tried(self, *, proven: bool, now: datetime) -> Self:
        """The login after a try that was let through."""
        if proven:
            return replace(self, failed=0, failed_at=None)
        if self.failed_at is None or self.failed_at + WINDOW <= now:
            return replace(self, failed=1, failed_at=now)
        failed = self.failed + 1
        since = now if failed >= ALLOWED_FAILURES else self.failed_at
        return replace(self, failed=failed, failed_at=since)
