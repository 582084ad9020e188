"""Passwords and keys of this checkout: made once, kept in `.local`, readable by its owner only."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.local.places import Place, write_private


@dataclass(frozen=True)
class Passwords:
    superuser: str
    roles: str
    app: str  # L2C_SECRET: signs cursors


def passwords(place: Place) -> Passwords:
    if not place.secrets.exists():
        made = Passwords(*(secrets.token_urlsafe(24) for _ in range(3)))
        write_private(place.secrets, json.dumps(asdict(made)).encode())
    return Passwords(**json.loads(place.secrets.read_text()))


def signing_key(place: Place) -> Path:
    """The development token issuer's EC P-256 key, as PEM."""
    if not place.signing_key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(place.signing_key, pem)
    return place.signing_key
