"""Authentication: OIDC bearer tokens, verified with the issuer's published keys (JWKS).

The tenant of a request comes from the token and from nowhere else.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import jwt
import structlog
from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from chassis.foundation.context import current, replace_current
from chassis.foundation.refusals import Unauthenticated, Unavailable
from contracts.resources import covers
from kernel.errors import Forbidden

log = structlog.get_logger()

MAX_SUBJECT_LENGTH = 255
ALGORITHMS = ["ES256", "RS256", "EdDSA"]
FETCH_SECONDS = 5
LEEWAY_SECONDS = 5  # clocks of issuer and service may differ by
MAX_VERIFIED_TOKENS = 10_000
# The issuer cannot be reached, or its answer is not a JWKS.
KEY_FETCH_ERRORS = (
    httpx.HTTPError,
    jwt.PyJWTError,
    TimeoutError,
    ValueError,
    TypeError,
    AttributeError,
)


@dataclass(frozen=True)
class Principal:
    """The authenticated caller: a person or a service client, as its token states it.

    `issued_at` is when the token was issued, to the microsecond if the issuer says so; None where
    no token was presented, as in a job that works for its creator. `session_id` is the session of
    the token (`sid`, OpenID Connect Front-Channel Logout 1.0), if the token names one by a UUID.
    The caller of a route that is entered without a token is the access key itself; it has no
    scopes (`chassis.records.access_keys`).
    """

    tenant_id: UUID
    subject: str
    kind: Literal["person", "client", "access_key"]
    scopes: frozenset[str]
    name: str = ""
    issued_at: datetime | None = None
    session_id: UUID | None = None

    def may(self, scope: str) -> bool:
        """Whether the token has this scope; `mtl.*` covers all scopes of mtl, `*` all scopes."""
        return covers(self.scopes, scope)


class KeySet:
    """The issuer's public keys, fetched on first use, when they are old, and for an unknown id.

    They are fetched at most once in `minimum_age` seconds, or in `retry_seconds` while the issuer
    does not answer, and again when they are older than `maximum_age` seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        minimum_age: float = 10.0,
        maximum_age: float = 600.0,
        retry_seconds: float = 1.0,
    ) -> None:
        self._url = url
        self._retry_seconds = retry_seconds
        self._minimum_age = minimum_age
        self._maximum_age = maximum_age
        self._keys: dict[str, jwt.PyJWK] = {}
        self._requested_at = self._fetched_at = float("-inf")
        self._answered = True
        self._lock = asyncio.Lock()

    async def key(self, key_id: str) -> jwt.PyJWK:
        """Return the key with this id; keep using old keys while the issuer does not answer.

        Raises Unauthenticated (TOKEN_KEY_UNKNOWN) when the issuer does not publish it, and
        Unavailable (ISSUER_UNAVAILABLE) when its keys cannot be fetched.
        """
        if key_id not in self._keys or (self._are_old() and not self._lock.locked()):
            async with self._lock:
                if (key_id not in self._keys or self._are_old()) and self._may_fetch():
                    await self._refresh()
        key = self._keys.get(key_id)
        if key is not None:
            return key
        if not self._answered:
            raise Unavailable("ISSUER_UNAVAILABLE")
        raise Unauthenticated("TOKEN_KEY_UNKNOWN")

    def _are_old(self) -> bool:
        return time.monotonic() - self._fetched_at > self._maximum_age

    def _may_fetch(self) -> bool:
        least = self._minimum_age if self._answered else self._retry_seconds
        return time.monotonic() - self._requested_at > least

    async def _refresh(self) -> None:
        # Set before the fetch, so that concurrent callers, and those after a fetch that was
        # canceled, know that it has been tried.
        self._requested_at, self._answered = time.monotonic(), False
        try:
            self._keys = await self._fetch()
        except KEY_FETCH_ERRORS as error:
            await log.awarning("issuer_unavailable", error=repr(error))
        else:
            self._fetched_at, self._answered = time.monotonic(), True

    async def _fetch(self) -> dict[str, jwt.PyJWK]:
        async with asyncio.timeout(FETCH_SECONDS), httpx.AsyncClient() as client:
            response = await client.get(self._url)
        response.raise_for_status()
        keys = jwt.PyJWKSet.from_dict(response.json()).keys
        return {key.key_id: key for key in keys if key.key_id}


class StaticKeySet(KeySet):
    """Keys that are passed in instead of fetched: for the token issuer itself and for tests."""

    def __init__(self, jwks: dict[str, Any]) -> None:
        super().__init__("")
        keys = jwt.PyJWKSet.from_dict(jwks).keys
        self._keys = {key.key_id: key for key in keys if key.key_id}
        self._requested_at = self._fetched_at = float("inf")


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a token says, the key that its signature was verified with, and when it expires."""

    principal: Principal
    key_id: str
    key: jwt.PyJWK
    expires_at: float


class Verifier:
    """Verifies bearer tokens and reads the caller from them.

    A caller sends the same token many times, so its signature is verified once while the issuer
    publishes its key. Whether the token was revoked is no matter of its signature: the admission
    asks in every request.
    """

    def __init__(self, keys: KeySet, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """Return the caller that the token names.

        Raises Unauthenticated when the token is malformed, expired, of another issuer or for
        another audience, and Unavailable when the issuer's keys cannot be fetched.
        """
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None and await self._is_still_valid(known):
            return known.principal
        verified = await self._verify(token)
        while len(self._verified) >= MAX_VERIFIED_TOKENS:
            self._verified.popitem(last=False)
        self._verified[digest] = verified
        return verified.principal

    async def _is_still_valid(self, known: _Verified) -> bool:
        """Whether the token has not expired, and its key is the one that the issuer publishes."""
        if time.time() >= known.expires_at + LEEWAY_SECONDS:
            return False
        return await self._keys.key(known.key_id) is known.key

    async def _verify(self, token: str) -> _Verified:
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            if not isinstance(key_id, str):
                raise Unauthenticated("TOKEN_INVALID")
            key = await self._keys.key(key_id)
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
            return _Verified(_principal(claims), key_id, key, float(claims["exp"]))
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("TOKEN_EXPIRED") from None
        except (jwt.InvalidTokenError, ValueError, KeyError, TypeError, OverflowError, OSError):
            raise Unauthenticated("TOKEN_INVALID") from None


def _principal(claims: dict[str, Any]) -> Principal:
    subject = str(claims["sub"])
    if not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not subject.isprintable():
        raise ValueError("a subject is 1 to 255 printable characters")  # OIDC Core 1.0, 2
    return Principal(
        tenant_id=UUID(claims["tenant"]),
        subject=subject,
        kind="client" if claims.get("kind") == "client" else "person",
        scopes=frozenset(str(claims.get("scope", "")).split()),
        name=str(claims.get("name", "")),
        issued_at=datetime.fromtimestamp(float(claims["iat"]), UTC),
        session_id=_uuid_or_none(claims.get("sid")),
    )


def _uuid_or_none(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", bearerFormat="JWT")


async def authenticate(request: Request, _: Annotated[Any, Depends(_bearer)] = None) -> Principal:
    """Return the caller; the token is verified once per request. Raises Unauthenticated."""
    verified: Principal | None = getattr(request.state, "principal", None)
    if verified is not None:
        return verified
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("TOKEN_MISSING")
    verifier: Verifier = request.app.state.verifier
    principal = await verifier.verify(token.strip())
    request.state.principal = principal
    replace_current(replace(current(), actor=principal.subject, tenant=str(principal.tenant_id)))
    return principal


async def _check_scopes(
    scopes: SecurityScopes, principal: Annotated[Principal, Depends(authenticate)]
) -> Principal:
    missing = [scope for scope in scopes.scopes if not principal.may(scope)]
    if missing:
        raise Forbidden("SCOPE_MISSING", scopes=missing)
    return principal


def allow(scope: str) -> Any:
    """Return a route dependency that requires this scope in the caller's token.

    Raises Unauthenticated, or Forbidden (SCOPE_MISSING).
    """
    return Security(_check_scopes, scopes=[scope])


Caller = Annotated[Principal, Depends(authenticate)]
