"""The issuer, and what its tokens say."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from chassis.web.auth import Principal
from kernel.ids import new_id
from org.logins.domain import SCOPE, Login
from org.tokens.actions.keys import ALGORITHM, SigningKeys
from org.tokens.domain import GrantRefused, Holder

# So long may somebody go on who was deactivated, or lost a role.
LIFETIME: Final = timedelta(minutes=5)
_SCOPE = re.compile(SCOPE)


@dataclass(frozen=True)
class Issuer:
    """Who signs, under which name (`iss`, a URL), and for whom (`aud`)."""

    url: str
    audience: str
    keys: SigningKeys

    def metadata(self) -> dict[str, Any]:
        """What OpenID Connect Discovery 1.0 and RFC 8414 publish; no browser flow is offered."""
        return {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/oauth/token",
            "jwks_uri": f"{self.url}/oauth/jwks",
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials", "password"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": [
                "client_secret_basic",
                "client_secret_post",
                "none",
            ],
        }


def granted_scope(login: Login, holder: Holder, asked: str) -> str:
    """The scopes asked for, or all if none are. Raises GrantRefused (INVALID_SCOPE)."""
    wanted = sorted(set(asked.split()) or holder.scopes)
    known = Principal(login.tenant_id, holder.subject, login.kind.value, holder.scopes)
    if not all(_SCOPE.fullmatch(scope) and known.may(scope) for scope in wanted):
        raise GrantRefused("INVALID_SCOPE")
    return " ".join(wanted)


def issue_token(issuer: Issuer, login: Login, holder: Holder, *, scope: str, now: datetime) -> str:
    """A signed access token of LIFETIME for a login that has proven itself."""
    return issuer.keys.sign(
        {
            "iss": issuer.url,
            "aud": issuer.audience,
            "sub": holder.subject,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": str(new_id()),
            "tenant": str(login.tenant_id),
            "kind": login.kind.value,
            "name": holder.name,
            "scope": scope,
        }
    )
