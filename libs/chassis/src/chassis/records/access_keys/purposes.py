"""What an access key is for: declared in code, beside the routes that it admits to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.foundation.texts import Text
from chassis.records.access.visibility import ScopedResource, UnownedResource


@dataclass(frozen=True, kw_only=True)
class AccessPurpose:
    """A purpose of access keys, such as `cpq.quote.view`.

    A key belongs to one record of `scoped` and is valid for at most `lifetime`. With `max_uses` it
    admits so many times. A key that is `bound_to_version` is void once the record has another
    version than at the issue. Every key admits `requests_per_minute` at most, by each process.
    """

    code: str
    title: Text
    scoped: ScopedResource | UnownedResource
    lifetime: timedelta
    max_uses: int | None = None
    bound_to_version: bool = False
    requests_per_minute: int = 60

    def __post_init__(self) -> None:
        if self.bound_to_version and "version" not in self.scoped.table.c:
            raise ValueError(f"{self.scoped.resource} has no versions to bind a key to")
        if self.max_uses is not None and self.max_uses < 1:
            raise ValueError(f"a key for {self.code} that admits nobody has no use")


_DECLARED: dict[str, AccessPurpose] = {}


def declare_purpose(purpose: AccessPurpose) -> None:
    """Remember what a code stands for, when routes for the purpose are built.

    Raises ValueError if the code stands for another purpose already: keys would admit to both.
    """
    if _DECLARED.setdefault(purpose.code, purpose) is not purpose:
        raise ValueError(f"two purposes have the code {purpose.code}")


class AccessKeyState(StrEnum):
    """Whether an access key still admits, and why not."""

    ACTIVE = "ACTIVE"
    USED_UP = "USED_UP"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, kw_only=True)
class AccessKey:
    """An access key as it is stored; the key itself is not, and its digest is not read.

    `tail` are its last characters, by which its holders tell it from others.
    """

    id: UUID
    purpose: str
    resource: str
    record_id: UUID
    record_version: int | None
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    max_uses: int | None
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    uses: int = 0
    last_used_at: datetime | None = None
    tail: str = ""

    def state(self, *, now: datetime) -> AccessKeyState:
        """Return the state; a revoked key stays revoked after it has expired."""
        if self.revoked_at is not None:
            return AccessKeyState.REVOKED
        if self.expires_at <= now:
            return AccessKeyState.EXPIRED
        if self.max_uses is not None and self.uses >= self.max_uses:
            return AccessKeyState.USED_UP
        return AccessKeyState.ACTIVE
