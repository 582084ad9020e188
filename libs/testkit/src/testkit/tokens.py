"""Bearer tokens for tests, signed with a key of the test process."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from chassis.web.auth import StaticKeySet, Verifier

CALLER = "01990000-0000-7000-8000-000000000001"  # the subject of tokens that name none
ISSUER, AUDIENCE, KEY_ID = "https://issuer.test", "l2c", "test"
_KEY = ec.generate_private_key(ec.SECP256R1())


def jwks() -> dict[str, Any]:
    """Return the public key of the tokens signed here, as an issuer publishes it."""
    public = ECAlgorithm.to_jwk(_KEY.public_key(), as_dict=True)
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "ES256"}]}


def verifier() -> Verifier:
    """Return a verifier that accepts only tokens signed here."""
    return Verifier(StaticKeySet(jwks()), issuer=ISSUER, audience=AUDIENCE)


def sign(tenant: UUID, /, **claims: Any) -> str:
    """Sign a person's token with every scope; `claims` replace or add claims."""
    issued = datetime.now(UTC)
    return jwt.encode(
        {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": CALLER,
            "iat": issued.timestamp(),
            "exp": issued + timedelta(minutes=10),
            "tenant": str(tenant),
            "kind": "person",
            "name": "测试",
            "scope": "*",
            **claims,
        },
        _KEY,
        algorithm="ES256",
        headers={"kid": KEY_ID},
    )


def bearer(tenant: UUID, /, **claims: Any) -> dict[str, str]:
    """Return the Authorization header with a token of `sign`."""
    return {"Authorization": f"Bearer {sign(tenant, **claims)}"}
