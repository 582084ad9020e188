"""The keys of the issuer: one signs, retired ones are published until their tokens expire."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)
from jwt.algorithms import ECAlgorithm

ALGORITHM = "ES256"


@dataclass(frozen=True)
class SigningKeys:
    """The signing private key, its id, and all public keys as JWK (RFC 7517)."""

    private: ec.EllipticCurvePrivateKey
    key_id: str
    published: tuple[dict[str, Any], ...]

    def sign(self, claims: dict[str, Any]) -> str:
        """Return a signed JWT with these claims."""
        return jwt.encode(claims, self.private, ALGORITHM, headers={"kid": self.key_id})

    def jwks(self) -> dict[str, Any]:
        """Return the public keys as a JWK set."""
        return {"keys": list(self.published)}


def load_keys(signing: Path, retired: Sequence[Path] = ()) -> SigningKeys:
    """Load the keys from PEM files; a retired key may be a public one.

    Raises ValueError if a key is not an EC P-256 key, or if the signing key is not private.
    """
    private = _private(signing)
    publics = [private.public_key(), *(_public(path) for path in retired)]
    published = {jwk["kid"]: jwk for jwk in map(_jwk, publics)}
    return SigningKeys(private, next(iter(published)), tuple(published.values()))


def _private(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not _is_p256(key.curve):
        raise ValueError(f"{path} must hold a private EC P-256 key in PEM, without a password.")
    return key


def _public(path: Path) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError:
        return _private(path).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not _is_p256(key.curve):
        raise ValueError(f"{path} must hold an EC P-256 key in PEM.")
    return key


def _is_p256(curve: ec.EllipticCurve) -> bool:
    return isinstance(curve, ec.SECP256R1)


def _jwk(key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    public = ECAlgorithm.to_jwk(key, as_dict=True)
    return {**public, "kid": thumbprint(public), "use": "sig", "alg": ALGORITHM}


def thumbprint(jwk: dict[str, Any]) -> str:
    """Return the thumbprint of an EC key (RFC 7638), which serves as its id."""
    canonical = orjson.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")})
    digest = hashlib.sha256(canonical).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
