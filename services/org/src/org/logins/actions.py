"""Making logins, proving them, closing them."""

import asyncio
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.refusals import TooManyRequests
from kernel.errors import Forbidden, Invalid, Violation
from org.logins import store
from org.logins.domain import (
    KNOWN_FOR,
    WINDOW,
    Login,
    LoginKind,
    Tries,
    wait_of,
    whole_seconds,
)

_hasher = PasswordHasher()
# An unknown name takes as long as a wrong password: its time tells nobody who is known.
_HASH_OF_NOBODY = _hasher.hash(token_urlsafe(32))
SWEPT: Final = 20  # stale counts deleted with each new one, so that they cannot pile up


def new_secret() -> str:
    """256 random bits, safe in URLs, forms and headers."""
    return token_urlsafe(32)


def ensure_may_grant(scopes: Iterable[str], *, may: Callable[[str], bool]) -> None:
    """Nobody gives away what he may not do himself. Raises Forbidden (SCOPES_NOT_HELD)."""
    beyond = [scope for scope in scopes if not may(scope)]
    if beyond:
        raise Forbidden("SCOPES_NOT_HELD", scopes=sorted(beyond))


async def hashed(password: str) -> str:
    """The slow hash that is kept of a password."""
    return await asyncio.to_thread(_hasher.hash, password)


async def add_person_login(
    tx: AsyncConnection, username: str, secret_hash: str, *, person_id: UUID
) -> None:
    """Let a person sign in. Raises Invalid (USERNAME_TAKEN), whatever tenant has it."""
    if not await store.add(
        tx, username, kind=LoginKind.PERSON, subject_id=person_id, secret_hash=secret_hash
    ):
        raise Invalid([Violation("/username", "USERNAME_TAKEN", {"username": username})])


async def add_client_login(
    tx: AsyncConnection, client_id: str, secret: str, *, subject_id: UUID
) -> None:
    """Let a service client in. Raises Invalid (CLIENT_ID_TAKEN), whatever tenant has it."""
    if not await store.add(
        tx, client_id, kind=LoginKind.CLIENT, subject_id=subject_id, secret_hash=digest(secret)
    ):
        raise Invalid([Violation("/client_id", "CLIENT_ID_TAKEN", {"client_id": client_id})])


async def close_login(tx: AsyncConnection, login: str) -> None:
    """No token for it any more."""
    await store.set_active(tx, login, active=False)


async def open_login(tx: AsyncConnection, login: str) -> None:
    """Tokens for it again, for the secret it had."""
    await store.set_active(tx, login, active=True)


async def set_password(tx: AsyncConnection, login: str, secret_hash: str) -> None:
    """The old password is good for nothing from now on."""
    await store.set_secret(tx, login, secret_hash)


async def set_client_secret(tx: AsyncConnection, client_id: str, secret: str) -> None:
    """The old secret is good for nothing from now on."""
    await store.set_secret(tx, client_id, digest(secret))


async def find_login(
    tx: AsyncConnection, login: str, kind: LoginKind, *, source: str, now: datetime
) -> Login | None:
    """The login that somebody says is his. Raises TooManyRequests."""
    _ensure_not_braked(await store.tries_of(tx, counted_as(login), source), now=now)
    return await store.find(tx, login, kind)


async def is_proven(login: Login | None, kind: LoginKind, secret: str) -> bool:
    """Whether the secret is this login's; as slow for a login that is not there."""
    if kind is LoginKind.CLIENT:  # 256 random bits: nothing slow is needed to guard them
        known = login.secret_hash if login else digest("")
        return hmac.compare_digest(digest(secret), known) and login is not None
    known = login.secret_hash if login else _HASH_OF_NOBODY
    return await asyncio.to_thread(_matches, known, secret) and login is not None


async def record_try(
    tx: AsyncConnection, login: str, *, source: str, proven: bool, now: datetime
) -> None:
    """Count a try. Raises TooManyRequests when others, at the same time, used up what is allowed.

    So of any number of guesses at once no more than the allowed ones learn anything.
    """
    both = await store.tries_of(tx, counted_as(login), source, lock=True)
    _ensure_not_braked(both, now=now)
    for tries in both:
        after = tries.succeeded(now=now) if proven else tries.missed(now=now)
        if after != tries:
            await store.save_tries(tx, after, stale_at=_stale_at(after, now=now))
    if not proven:
        await store.forget_stale_tries(tx, now=now, limit=SWEPT)


def counted_as(login: str) -> str:
    """The name its tries are counted under: short, and nobody's name in a table without owners."""
    return digest(login)


def _stale_at(tries: Tries, *, now: datetime) -> datetime:
    return max((tries.failed_at or now) + WINDOW, (tries.proven_at or now - KNOWN_FOR) + KNOWN_FOR)


def _ensure_not_braked(both: tuple[Tries, Tries], *, now: datetime) -> None:
    wait = wait_of(*both, now=now)
    if wait:
        seconds = whole_seconds(wait)
        raise TooManyRequests("LOGIN_BRAKED", retry_after=seconds, seconds=seconds)


def digest(secret: str) -> str:
    """What is kept of a secret of 256 random bits."""
    return sha256(secret.encode()).hexdigest()


def _matches(secret_hash: str, secret: str) -> bool:
    try:
        return _hasher.verify(secret_hash, secret)
    except VerifyMismatchError:
        return False
