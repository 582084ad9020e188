"""A login, and the brake on guessing its secret.

The brake counts by login and source address, so that a stranger's guesses shut out the stranger
and not the one whose login it is. Many sources together meet a softer limit, which does not hold
for a source from which the right secret came lately.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

ANYWHERE: Final = ""  # the source of the count over all sources
ALLOWED_FAILURES: Final = 5
ALLOWED_ANYWHERE: Final = 100
WINDOW: Final = timedelta(minutes=5)
KNOWN_FOR: Final = timedelta(days=30)
NO_WAIT: Final = timedelta(0)

# `mtl.lead.read`, all of a service (`mtl.*`), or all (`*`).
SCOPE: Final = r"^(\*|[a-z][a-z0-9]*\.(\*|[a-z_]+\.[a-z_]+))$"


class LoginKind(StrEnum):
    PERSON = "person"
    CLIENT = "client"


def whole_seconds(wait: timedelta) -> int:
    """A wait as it is told: never too short, never none."""
    return max(1, -(-wait // timedelta(seconds=1)))


def source_of(address: str) -> str:
    """What one attacker has of addresses: an IPv4 address, an IPv6 network of 64 bits."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


@dataclass(frozen=True, kw_only=True)
class Login:
    """A name, whose it is, and what proves it."""

    login: str
    kind: LoginKind
    tenant_id: UUID
    subject_id: UUID
    secret_hash: str
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class Tries:
    """The wrong secrets for a name, told by its digest, since `failed_at`, from one source or all.

    The last one allowed sets `failed_at` anew. `proven_at`: when the right one last came from here.
    """

    login: str
    source: str
    failed: int = 0
    failed_at: datetime | None = None
    proven_at: datetime | None = None

    @property
    def allowed(self) -> int:
        return ALLOWED_ANYWHERE if self.source == ANYWHERE else ALLOWED_FAILURES

    def wait(self, *, now: datetime) -> timedelta:
        """How long nobody may try; zero when anybody may."""
        if self.failed < self.allowed or self.failed_at is None:
            return NO_WAIT
        return max(self.failed_at + WINDOW - now, NO_WAIT)

    def is_known(self, *, now: datetime) -> bool:
        """Whether the right secret came from here lately."""
        return self.proven_at is not None and now < self.proven_at + KNOWN_FOR

    def succeeded(self, *, now: datetime) -> Tries:
        """The count after the right secret; that from anywhere goes on."""
        if self.source == ANYWHERE:
            return self
        return replace(self, failed=0, failed_at=None, proven_at=now)

    def missed(self, *, now: datetime) -> Tries:
        """The count after a wrong secret that was let through."""
        if self.failed_at is None or self.failed_at + WINDOW <= now:
            return replace(self, failed=1, failed_at=now)
        failed = self.failed + 1
        since = now if failed >= self.allowed else self.failed_at
        return replace(self, failed=failed, failed_at=since)


def wait_of(here: Tries, anywhere: Tries, *, now: datetime) -> timedelta:
    """How long this source may not try this login."""
    if here.is_known(now=now):
        return here.wait(now=now)
    return max(here.wait(now=now), anywhere.wait(now=now))
