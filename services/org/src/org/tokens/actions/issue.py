"""The issuer and the claims of its tokens."""

import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from contracts.resources import covers
from kernel.ids import new_id
from org.logins.domain import SCOPE_PATTERN, Login
from org.tokens.actions.keys import ALGORITHM, SigningKeys
from org.tokens.domain import TokenRefused, TokenSubject

# A client can use a token for this long, unless it is revoked (see `org.principals`).
TOKEN_LIFETIME: Final = timedelta(minutes=5)
_SCOPE = re.compile(SCOPE_PATTERN)


@dataclass(frozen=True)
class Issuer:
    """The issuer: its URL (`iss`), the audience of its tokens (`aud`), and its keys."""

    url: str
    audience: str
    keys: SigningKeys

    def metadata(self) -> dict[str, Any]:
        """Return the metadata (OpenID Connect Discovery 1.0, RFC 8414) without browser flows."""
        return {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/oauth/token",
            "revocation_endpoint": f"{self.url}/oauth/revoke",
            "revocation_endpoint_auth_methods_supported": ["none"],
            "jwks_uri": f"{self.url}/oauth/jwks",
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials", "password", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
        }


def granted_scope(scopes: Set[str], requested: str) -> str:
    """Return the requested scopes, or all of these scopes if none are requested.

    Raises TokenRefused (INVALID_SCOPE).
    """
    granted = sorted(set(requested.split()) or scopes)
    if not all(_SCOPE.fullmatch(scope) and covers(scopes, scope) for scope in granted):
        raise TokenRefused("INVALID_SCOPE")
    return " ".join(granted)


def issue_token(
    issuer: Issuer,
    login: Login,
    token_subject: TokenSubject,
    *,
    scope: str,
    session_id: UUID | None = None,
    now: datetime,
) -> str:
    """Return a signed access token for an authenticated login, valid for TOKEN_LIFETIME."""
    session = {} if session_id is None else {"sid": str(session_id)}
    return issuer.keys.sign(
        {
            **session,
            "iss": issuer.url,
            "aud": issuer.audience,
            "sub": token_subject.subject,
            # To the microsecond: a token issued after a revocation is told from one before it.
            "iat": now.timestamp(),
            "exp": now + TOKEN_LIFETIME,
            "jti": str(new_id()),
            "tenant": str(login.tenant_id),
            "kind": login.kind.value,
            "name": token_subject.name,
            "scope": scope,
        }
    )
