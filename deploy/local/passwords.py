"""Passwords and keys of this checkout, stored in `.local`, readable by its owner only."""

import json
import secrets
from base64 import b64encode
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.local.places import Place, write_private


@dataclass(frozen=True)
class Passwords:
    superuser: str
    roles: str
    app: str  # L2C_SECRET: signs cursors
    lead_keys: str  # MTL_LEAD_KEY_SECRET: keys the digests that identify leads
    digests: str  # L2C_DIGEST_SECRET: keys the digests by which encrypted columns are searched
    encryption: str  # of this is the key of L2C_ENCRYPTION_KEYS

    @property
    def encryption_keys(self) -> str:
        """The key of encrypted columns as the setting lists it."""
        key = sha256(self.encryption.encode()).digest()
        return f"local:{b64encode(key).decode()}"


def passwords(place: Place) -> Passwords:
    """Return the passwords of this checkout; create the missing ones."""
    stored = json.loads(place.secrets.read_text()) if place.secrets.exists() else {}
    names = [field.name for field in fields(Passwords)]
    complete = Passwords(**{name: stored.get(name) or secrets.token_urlsafe(24) for name in names})
    if asdict(complete) != stored:
        write_private(place.secrets, json.dumps(asdict(complete)).encode())
    return complete


def signing_key(place: Place) -> Path:
    """Return the file of the development token issuer's EC P-256 key, as PEM."""
    if not place.signing_key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(place.signing_key, pem)
    return place.signing_key
