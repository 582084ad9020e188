"""The revocation of a principal's tokens, and which scopes a change takes away."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from contracts.org.events import PrincipalRevoked, PrincipalState
from contracts.resources import covers

ALL_SCOPES: Final = "*"  # whoever holds it administers the tenant
_NAMESPACE: Final = UUID("0b5c9e0c-3f0e-5d8a-9c57-6a8f6f1d2b34")


@dataclass(frozen=True, kw_only=True)
class RevokedPrincipal:
    """A person or service client whose tokens count only if issued at `tokens_valid_from` or later.

    Sessions that began before `sessions_valid_from` cannot be refreshed; with None all can.
    A subject belongs to one person or client for ever, so its id is made from it.
    """

    id: UUID
    subject: str
    tokens_valid_from: datetime
    sessions_valid_from: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def revoked(self) -> PrincipalRevoked:
        """Return the event of the revocation."""
        return PrincipalRevoked(principal=self.state())

    def state(self) -> PrincipalState:
        """Return the whole state as events carry it."""
        return PrincipalState.of(self)


def principal_id(subject: str) -> UUID:
    """Return the id of the principal with this subject."""
    return uuid5(_NAMESPACE, subject)


def lost_scopes(before: Iterable[str], after: Iterable[str]) -> set[str]:
    """Return the scopes of `before` that the scopes of `after` do not cover."""
    kept = frozenset(after)
    return {scope for scope in before if not covers(kept, scope)}
