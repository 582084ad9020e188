"""Creating, verifying and disabling logins, and limiting wrong attempts."""

import asyncio
import hmac
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import datetime
from functools import cache
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.refusals import TooManyRequests
from kernel.errors import Invalid, Violation
from org.logins import store
from org.logins.domain import (
    FAILURE_WINDOW,
    TRUSTED_FOR,
    Login,
    LoginAttempts,
    LoginKind,
    retry_wait,
    whole_seconds,
)
from org.settings import hash_cost

HASHERS: Final = {
    "strong": PasswordHasher(),  # Argon2id at the cost of RFC 9106's second recommendation
    "fast": PasswordHasher(time_cost=1, memory_cost=8, parallelism=1),  # for tests
}
_prepared: ContextVar[Mapping[str, list[str]]] = ContextVar("prepared_hashes", default={})  # noqa: B039  # never changed
STALE_ATTEMPTS_PER_SWEEP: Final = 20  # how many stale counts a failed attempt deletes


def new_secret() -> str:
    """Generate a secret of 256 random bits that is safe in URLs, forms and headers."""
    return token_urlsafe(32)


async def hash_password(password: str) -> str:
    """Hash a password with Argon2, slowly; only this hash is stored."""
    prepared = _prepared.get().get(password)
    return prepared.pop() if prepared else await _hashed(password)


async def prepare_hashes(passwords: Iterable[str]) -> None:
    """Hash the passwords that this request will store, before it locks anything.

    Each has a hash of its own, also one that several people get.
    """
    prepared: dict[str, list[str]] = {}
    for password in passwords:
        prepared.setdefault(password, []).append(await _hashed(password))
    _prepared.set(prepared)


async def _hashed(password: str) -> str:
    return await asyncio.to_thread(HASHERS[hash_cost()].hash, password)


async def add_person_login(
    tx: AsyncConnection, username: str, secret_hash: str, *, person_id: UUID
) -> None:
    """Add the login of a person. The caller has checked who may.

    Raises Invalid (USERNAME_TAKEN): usernames are unique across all tenants.
    """
    if not await store.add(
        tx, username, kind=LoginKind.PERSON, subject_id=person_id, secret_hash=secret_hash
    ):
        raise Invalid([Violation("/username", "USERNAME_TAKEN", {"username": username})])


async def add_client_login(
    tx: AsyncConnection, client_id: str, secret: str, *, subject_id: UUID
) -> None:
    """Add the login of a service client. The caller has checked who may.

    Raises Invalid (CLIENT_ID_TAKEN): client ids are unique across all tenants.
    """
    if not await store.add(
        tx,
        client_id,
        kind=LoginKind.CLIENT,
        subject_id=subject_id,
        secret_hash=secret_digest(secret),
    ):
        raise Invalid([Violation("/client_id", "CLIENT_ID_TAKEN", {"client_id": client_id})])


async def disable_login(tx: AsyncConnection, login: str) -> None:
    """Disable a login, so that it gets no tokens. The caller has checked who may."""
    await store.set_active(tx, login, active=False)


async def enable_login(tx: AsyncConnection, login: str) -> None:
    """Enable a login with the secret it had. The caller has checked who may."""
    await store.set_active(tx, login, active=True)


async def set_password(tx: AsyncConnection, login: str, secret_hash: str) -> None:
    """Replace the password of a login. The caller has checked who may."""
    await store.set_secret_hash(tx, login, secret_hash)


async def set_client_secret(tx: AsyncConnection, client_id: str, secret: str) -> None:
    """Replace the secret of a service client. The caller has checked who may."""
    await store.set_secret_hash(tx, client_id, secret_digest(secret))


async def find_login(
    tx: AsyncConnection, login: str, kind: LoginKind, *, source: str, now: datetime
) -> Login | None:
    """Return the usable login of this name and kind, None if there is none. Anybody may.

    Raises TooManyRequests while attempts from this source are paused.
    """
    _ensure_not_throttled(await store.attempts_for(tx, attempt_key(login), source), now=now)
    return await store.find(tx, login, kind)


async def verify_secret(login: Login | None, kind: LoginKind, secret: str) -> bool:
    """Return whether the secret belongs to the login; a missing login takes as long to check."""
    if kind is LoginKind.CLIENT:  # 256 random bits need no slow hash
        stored_hash = login.secret_hash if login else secret_digest("")
        return hmac.compare_digest(secret_digest(secret), stored_hash) and login is not None
    # An unknown name is checked against a dummy hash, so that its timing does not reveal it.
    stored_hash = login.secret_hash if login else await asyncio.to_thread(_dummy_hash)
    return await asyncio.to_thread(_password_matches, stored_hash, secret) and login is not None


async def record_attempt(
    tx: AsyncConnection, login: str, *, source: str, succeeded: bool, now: datetime
) -> None:
    """Count an attempt and whether it succeeded.

    Raises TooManyRequests when parallel attempts used up the limit meanwhile, so that even many
    guesses at once learn the results of the allowed number only.
    """
    counts = await store.attempts_for(tx, attempt_key(login), source, lock=True)
    _ensure_not_throttled(counts, now=now)
    for attempts in counts:
        after = attempts.after_success(now=now) if succeeded else attempts.after_failure(now=now)
        if after != attempts:
            await store.save_attempts(tx, after, stale_at=_stale_from(after, now=now))
    if not succeeded:
        await store.delete_stale_attempts(tx, now=now, limit=STALE_ATTEMPTS_PER_SWEEP)


def attempt_key(login: str) -> str:
    """Return the digest under which attempts are counted; the table holds no names of people."""
    return secret_digest(login)


def _stale_from(attempts: LoginAttempts, *, now: datetime) -> datetime:
    return max(
        (attempts.failed_at or now) + FAILURE_WINDOW,
        (attempts.proven_at or now - TRUSTED_FOR) + TRUSTED_FOR,
    )


def _ensure_not_throttled(counts: tuple[LoginAttempts, LoginAttempts], *, now: datetime) -> None:
    wait = retry_wait(*counts, now=now)
    if wait:
        seconds = whole_seconds(wait)
        raise TooManyRequests("LOGIN_BRAKED", retry_after=seconds, seconds=seconds)


def secret_digest(secret: str) -> str:
    """Return the digest to store for a secret of 256 random bits."""
    return sha256(secret.encode()).hexdigest()


def _password_matches(secret_hash: str, secret: str) -> bool:
    try:
        return HASHERS["strong"].verify(secret_hash, secret)  # the hash names its own cost
    except VerifyMismatchError:
        return False


@cache
def _dummy_hash() -> str:
    return HASHERS[hash_cost()].hash(token_urlsafe(32))
