"""Who calls: an OIDC bearer token, checked against the issuer's published keys.

The tenant comes from the token and from nowhere else.
"""

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import jwt
from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from chassis.context import current, replace_current
from chassis.refusals import Unauthenticated
from kernel.errors import Forbidden

ALGORITHMS = ["ES256", "RS256", "EdDSA"]


@dataclass(frozen=True)
class Principal:
    """A person or a service client, as its token states it."""

    tenant_id: UUID
    subject: str
    kind: Literal["person", "client"]
    scopes: frozenset[str]
    name: str = ""

    def may(self, scope: str) -> bool:
        """Whether a scope covers this one; `mtl.*` and `*` cover what they begin."""
        service = scope.split(".")[0]
        return bool(self.scopes & {scope, f"{service}.*", "*"})


class KeySet:
    """The issuer's public keys, fetched on first need and again when an unknown key id appears."""

    def __init__(self, url: str, *, minimum_age: float = 10.0) -> None:
        self._url = url
        self._minimum_age = minimum_age
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, key_id: str) -> jwt.PyJWK:
        """The key of this id. Raises Unauthenticated when the issuer does not know it."""
        if key_id not in self._keys:
            async with self._lock:
                if key_id not in self._keys and self._age() > self._minimum_age:
                    await self._fetch()
        try:
            return self._keys[key_id]
        except KeyError:
            raise Unauthenticated("TOKEN_KEY_UNKNOWN") from None

    def _age(self) -> float:
        return time.monotonic() - self._fetched_at

    async def _fetch(self) -> None:
        async with httpx.AsyncClient(timeout=5) as client:
            answer = await client.get(self._url)
        answer.raise_for_status()
        self._keys = {k.key_id: k for k in jwt.PyJWKSet.from_dict(answer.json()).keys if k.key_id}
        self._fetched_at = time.monotonic()


class StaticKeySet(KeySet):
    """Keys given instead of fetched: the issuer itself, and tests."""

    def __init__(self, jwks: dict[str, Any]) -> None:
        super().__init__("")
        self._keys = {k.key_id: k for k in jwt.PyJWKSet.from_dict(jwks).keys if k.key_id}
        self._fetched_at = float("inf")


class Verifier:
    """Turns a bearer token into a Principal, or refuses it."""

    def __init__(self, keys: KeySet, *, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    async def verify(self, token: str) -> Principal:
        """Raises Unauthenticated: malformed, expired, of another issuer or for another audience."""
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            if not isinstance(key_id, str):
                raise Unauthenticated("TOKEN_INVALID")
            claims = jwt.decode(
                token,
                await self._keys.key(key_id),
                algorithms=ALGORITHMS,
                issuer=self._issuer,
                audience=self._audience,
                leeway=5,
                options={"require": ["exp", "iat", "sub", "iss", "aud"]},
            )
            return _principal(claims)
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("TOKEN_EXPIRED") from None
        except (jwt.InvalidTokenError, ValueError, KeyError, TypeError):
            raise Unauthenticated("TOKEN_INVALID") from None


def _principal(claims: dict[str, Any]) -> Principal:
    return Principal(
        tenant_id=UUID(claims["tenant"]),
        subject=str(claims["sub"]),
        kind="client" if claims.get("kind") == "client" else "person",
        scopes=frozenset(str(claims.get("scope", "")).split()),
        name=str(claims.get("name", "")),
    )


_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", bearerFormat="JWT")


async def authenticated(request: Request, _: Annotated[Any, Depends(_bearer)] = None) -> Principal:
    """The caller. Raises Unauthenticated. One verification a request, whoever asks."""
    known: Principal | None = getattr(request.state, "principal", None)
    if known is not None:
        return known
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("TOKEN_MISSING")
    verifier: Verifier = request.app.state.verifier
    principal = await verifier.verify(token.strip())
    request.state.principal = principal
    replace_current(replace(current(), actor=principal.subject, tenant=str(principal.tenant_id)))
    return principal


async def _permitted(
    scopes: SecurityScopes, principal: Annotated[Principal, Depends(authenticated)]
) -> Principal:
    missing = [scope for scope in scopes.scopes if not principal.may(scope)]
    if missing:
        raise Forbidden("SCOPE_MISSING", scopes=missing)
    return principal


def allow(scope: str) -> Any:
    """A route dependency: the caller's token must carry this scope.

    Raises Unauthenticated, or Forbidden (SCOPE_MISSING).
    """
    return Security(_permitted, scopes=[scope])


Caller = Annotated[Principal, Depends(authenticated)]
