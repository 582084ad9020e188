"""Making logins, and proving them."""

import asyncio
import hmac
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.refusals import TooManyRequests
from kernel.errors import Forbidden, Invalid, Violation
from org.logins import store
from org.logins.domain import Login, LoginKind, whole_seconds

_hasher = PasswordHasher()
# An unknown name takes as long as a wrong password: its time tells nobody who is known.
_HASH_OF_NOBODY = _hasher.hash(token_urlsafe(32))


def new_secret() -> str:
    """256 random bits, safe in URLs, forms and headers."""
    return token_urlsafe(32)


def ensure_may_grant(scopes: Iterable[str], *, may: Callable[[str], bool]) -> None:
    """Nobody gives away what he may not do himself. Raises Forbidden (SCOPES_NOT_HELD)."""
    beyond = [scope for scope in scopes if not may(scope)]
    if beyond:
        raise Forbidden("SCOPES_NOT_HELD", scopes=beyond)


async def hashed(password: str) -> str:
    """The slow hash that is kept of a password."""
    return await asyncio.to_thread(_hasher.hash, password)


async def add_person_login(
    tx: AsyncConnection,
    username: str,
    secret_hash: str,
    *,
    person_id: UUID,
    scopes: tuple[str, ...],
) -> None:
    """Let a person sign in. Raises Invalid (USERNAME_TAKEN), whatever tenant has it."""
    if not await store.add(
        tx,
        username,
        kind=LoginKind.PERSON,
        subject_id=person_id,
        secret_hash=secret_hash,
        scopes=scopes,
    ):
        raise Invalid([Violation("/username", "USERNAME_TAKEN", {"username": username})])


async def add_client_login(
    tx: AsyncConnection, client_id: str, secret: str, *, subject_id: UUID, scopes: tuple[str, ...]
) -> None:
    """Let a service client in. Raises Invalid (CLIENT_ID_TAKEN), whatever tenant has it."""
    if not await store.add(
        tx,
        client_id,
        kind=LoginKind.CLIENT,
        subject_id=subject_id,
        secret_hash=_digest(secret),
        scopes=scopes,
    ):
        raise Invalid([Violation("/client_id", "CLIENT_ID_TAKEN", {"client_id": client_id})])


async def find_login(
    tx: AsyncConnection, login: str, kind: LoginKind, *, now: datetime
) -> Login | None:
    """The login that somebody says is his. Raises TooManyRequests."""
    found = await store.find(tx, login, kind)
    if found is not None:
        _ensure_not_braked(found, now=now)
    return found


async def is_proven(login: Login | None, kind: LoginKind, secret: str) -> bool:
    """Whether the secret is this login's; as slow for a login that is not there."""
    if kind is LoginKind.CLIENT:  # 256 random bits: nothing slow is needed to guard them
        known = login.secret_hash if login else _digest("")
        return hmac.compare_digest(_digest(secret), known) and login is not None
    known = login.secret_hash if login else _HASH_OF_NOBODY
    return await asyncio.to_thread(_matches, known, secret) and login is not None


async def record_try(tx: AsyncConnection, login: Login, *, proven: bool, now: datetime) -> None:
    """Count a try. Raises TooManyRequests when others, at the same time, used up what is allowed.

    So of any number of guesses at once no more than the allowed ones learn anything.
    """
    current = await store.lock(tx, login.login)
    _ensure_not_braked(current, now=now)
    tried = current.tried(proven=proven, now=now)
    if tried != current:
        await store.save_tries(tx, tried)


def _ensure_not_braked(login: Login, *, now: datetime) -> None:
    wait = login.wait(now=now)
    if wait:
        seconds = whole_seconds(wait)
        raise TooManyRequests("LOGIN_BRAKED", retry_after=seconds, seconds=seconds)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _matches(secret_hash: str, secret: str) -> bool:
    try:
        return _hasher.verify(secret_hash, secret)
    except VerifyMismatchError:
        return False
