"""Loading signing keys, their ids, and granting scopes."""

import base64
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from org.tokens.actions.issue import granted_scope
from org.tokens.actions.keys import load_keys, thumbprint
from org.tokens.domain import TokenRefused
from services.org.tests.factories import a_token_subject, private_pem, write_key


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    # The EC example of RFC 9449 (DPoP), 6.1: the thumbprint of this key is the `jkt` there.
    jwk = {
        "kty": "EC",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        "crv": "P-256",
        "use": "sig",
    }
    assert thumbprint(jwk) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_retired_keys_are_published_and_sign_nothing(tmp_path: Path) -> None:
    old, older = write_key(tmp_path / "old.pem"), tmp_path / "older.pem"
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    older.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    current = write_key(tmp_path / "new.pem")
    keys = load_keys(current, [old, older, current])
    published = keys.jwks()["keys"]
    assert len({jwk["kid"] for jwk in published}) == len(published) == 3
    assert published[0]["kid"] == keys.key_id
    assert all(jwk.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"} for jwk in published)
    token = keys.sign({"a": 1})
    assert jwt.get_unverified_header(token) == {
        "alg": "ES256",
        "typ": "JWT",
        "kid": keys.key_id,
    }
    assert jwt.decode(token, jwt.PyJWK(published[0]), ["ES256"]) == {"a": 1}
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, jwt.PyJWK(published[1]), ["ES256"])


def test_coordinates_keep_their_leading_zeros(tmp_path: Path) -> None:
    def width(number: str) -> int:
        return len(base64.urlsafe_b64decode(number + "=" * (-len(number) % 4)))

    small = next(
        key
        for key in (ec.derive_private_key(n, ec.SECP256R1()) for n in range(1, 5000))
        if key.public_key().public_numbers().x < 2**248
    )
    path = tmp_path / "small.pem"
    path.write_bytes(private_pem(small))
    [jwk] = load_keys(path).jwks()["keys"]
    assert (width(jwk["x"]), width(jwk["y"])) == (32, 32)


def unusable_keys() -> dict[str, bytes]:
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = ec.generate_private_key(ec.SECP256R1())
    locked = BestAvailableEncryption(b"x")
    return {
        "nonsense": b"nonsense",
        "rsa": rsa.generate_private_key(65537, 2048).private_bytes(*plain),
        "p384": ec.generate_private_key(ec.SECP384R1()).private_bytes(*plain),
        "public": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "encrypted": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked),
    }


def test_an_unusable_signing_key_is_named_in_the_error(tmp_path: Path) -> None:
    for name, content in unusable_keys().items():
        path = tmp_path / f"{name}.pem"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"{name}\.pem must hold a private EC P-256 key"):
            load_keys(path)


def test_an_unusable_retired_key_is_named_in_the_error(tmp_path: Path) -> None:
    good, bad = write_key(tmp_path / "good.pem"), tmp_path / "bad.pem"
    bad.write_bytes(
        ec.generate_private_key(ec.SECP384R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(ValueError, match=r"bad\.pem"):
        load_keys(good, [bad])


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        ("", "mtl.lead.read rms.*"),
        ("mtl.lead.read", "mtl.lead.read"),
        ("rms.payment.write rms.order.read rms.order.read", "rms.order.read rms.payment.write"),
        ("rms.*", "rms.*"),
    ],
)
def test_requested_scopes_of_the_subject_are_granted(requested: str, granted: str) -> None:
    assert granted_scope(a_token_subject().scopes, requested) == granted


@pytest.mark.parametrize(
    "requested",
    ["mtl.lead.write", "mtl.*", "*", "mtl.lead.read cpq.quote.read", "rms", "rms.x", "«»"],
)
def test_other_scopes_are_refused(requested: str) -> None:
    with pytest.raises(TokenRefused, match="INVALID_SCOPE"):
        granted_scope(a_token_subject().scopes, requested)


def test_an_invalid_scope_is_refused_even_with_all_scopes() -> None:
    with pytest.raises(TokenRefused, match="INVALID_SCOPE"):
        granted_scope({"*"}, 'a"b')
