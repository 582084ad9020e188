"""A session and its refresh tokens, which rotate: every use returns the next one.

A refresh token names its session and its place in the chain of tokens, and has 256 secret bits.
Each secret follows from the one before by a keyed digest, so that the server can tell an old token
of the session from a forged one, and can answer the same successor again, while it stores only the
digest of the present secret.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

GRACE: Final = timedelta(seconds=10)  # two tabs of a browser may use one token
MAX_SESSIONS: Final = 20  # of one person; a further one ends the one that was idle the longest
SECRET_BYTES: Final = 32
_NUMBER_BYTES, _ID_BYTES = 4, 16
_TOKEN_BYTES: Final = 2 * _ID_BYTES + _NUMBER_BYTES + SECRET_BYTES


class SessionEnd(StrEnum):
    """Why a session ended."""

    LOGOUT = "LOGOUT"
    ENDED_BY_PERSON = "ENDED_BY_PERSON"
    ENDED_BY_ADMINISTRATOR = "ENDED_BY_ADMINISTRATOR"
    REVOKED = "REVOKED"
    REUSED = "REUSED"
    EXPIRED = "EXPIRED"
    REPLACED = "REPLACED"


@dataclass(frozen=True, kw_only=True)
class RefreshToken:
    """A refresh token: the session it belongs to, its number in the session, and its secret."""

    tenant_id: UUID
    session_id: UUID
    number: int
    secret: bytes = field(repr=False)

    def encode(self) -> str:
        """Return the token as clients hold it."""
        number = self.number.to_bytes(_NUMBER_BYTES)
        content = self.tenant_id.bytes + self.session_id.bytes + number + self.secret
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    def after(self, steps: int, key: bytes) -> RefreshToken:
        """Return the token that follows this one after some uses."""
        secret = self.secret
        for _ in range(steps):
            secret = hmac.digest(key, secret, "sha256")
        return replace(self, number=self.number + steps, secret=secret)

    @property
    def token_hash(self) -> str:
        """What is stored of the token."""
        return sha256(self.secret).hexdigest()


def read_token(encoded: str) -> RefreshToken | None:
    """Return the refresh token that a client sent; None if it is none."""
    try:
        content = base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(content) != _TOKEN_BYTES:
        return None
    tenant, session, rest = content[:16], content[16:32], content[32:]
    return RefreshToken(
        tenant_id=UUID(bytes=tenant),
        session_id=UUID(bytes=session),
        number=int.from_bytes(rest[:_NUMBER_BYTES]),
        secret=rest[_NUMBER_BYTES:],
    )


@dataclass(frozen=True, kw_only=True)
class Session:
    """A person's session on one device; `scope` is what they signed in for, empty for everything.

    `number` counts the uses of its refresh tokens, `token_hash` is the digest of the present one.
    """

    id: UUID
    person_id: UUID
    login: str
    scope: str
    device: str | None
    number: int = 0
    token_hash: str = field(repr=False)
    rotated_at: datetime
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended_because: SessionEnd | None = None

    def ended(self, because: SessionEnd, *, now: datetime) -> Session:
        """Return the session as ended; one that has ended already stays as it is."""
        if self.ended_at is not None:
            return self
        return replace(self, ended_at=now, ended_because=because)

    def owns(self, token: RefreshToken, key: bytes) -> bool:
        """Return whether the token is the present one of the session or one before it."""
        steps = self.number - token.number
        return steps >= 0 and hmac.compare_digest(
            token.after(steps, key).token_hash, self.token_hash
        )

    def refreshed(
        self, token: RefreshToken, key: bytes, *, now: datetime, idle: timedelta
    ) -> tuple[Session, RefreshToken | None]:
        """Return the session after the use of a refresh token, and the next token if it is good.

        The present token is replaced by the next one; the one before it answers that next one
        again for a short while. An older one means that a token was stolen: the session ends.
        """
        if self.ended_at is not None or not self.owns(token, key):
            return self, None
        if now >= self.expires_at or now >= self.last_used_at + idle:
            return self.ended(SessionEnd.EXPIRED, now=now), None
        following = token.after(1, key)
        if token.number == self.number:
            rotated = replace(
                self,
                number=following.number,
                token_hash=following.token_hash,
                rotated_at=now,
                last_used_at=now,
            )
            return rotated, following
        if following.number == self.number and now < self.rotated_at + GRACE:
            return self, following
        return self.ended(SessionEnd.REUSED, now=now), None
