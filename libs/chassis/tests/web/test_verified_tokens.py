"""Tests of tokens that were verified before: forgotten when they expire or their key is gone."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from chassis.foundation.refusals import Unauthenticated
from chassis.web import auth
from chassis.web.auth import StaticKeySet, Verifier
from kernel.ids import new_id
from libs.chassis.tests.web.test_auth import public_key
from testkit import tokens


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signatures were verified."""
    verified: list[str] = []
    decode = jwt.decode

    def counted(token: str, *values: Any, **options: Any) -> Any:
        verified.append(token)
        return decode(token, *values, **options)

    monkeypatch.setattr(jwt, "decode", counted)
    return verified


async def test_the_signature_of_a_token_is_verified_once(decoded: list[str]) -> None:
    tenant, verifier = new_id(), tokens.verifier()
    first, second = tokens.sign(tenant, sub="li"), tokens.sign(tenant, sub="zheng")
    subjects = [(await verifier.verify(one)).subject for one in (first, second, first, second)]
    assert subjects == ["li", "zheng", "li", "zheng"]
    assert decoded == [first, second]


async def test_a_changed_token_is_verified_again(decoded: list[str]) -> None:
    verifier, token = tokens.verifier(), tokens.sign(new_id())
    await verifier.verify(token)
    signed, _, signature = token.rpartition(".")
    forged = f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    with pytest.raises(Unauthenticated, match="TOKEN_INVALID"):
        await verifier.verify(forged)
    assert decoded == [token, forged]


async def test_a_known_token_expires(decoded: list[str]) -> None:
    ends_soon = datetime.now(UTC) - timedelta(seconds=auth.LEEWAY_SECONDS - 1)
    verifier, token = tokens.verifier(), tokens.sign(new_id(), exp=ends_soon)
    await verifier.verify(token)
    await asyncio.sleep(1.1)
    with pytest.raises(Unauthenticated, match="TOKEN_EXPIRED"):
        await verifier.verify(token)


async def test_a_known_token_is_refused_once_its_key_is_withdrawn() -> None:
    keys = StaticKeySet(tokens.jwks())
    verifier = Verifier(keys, issuer=tokens.ISSUER, audience=tokens.AUDIENCE)
    token = tokens.sign(new_id())
    await verifier.verify(token)
    keys._keys = {}
    with pytest.raises(Unauthenticated, match="TOKEN_KEY_UNKNOWN"):
        await verifier.verify(token)


async def test_a_known_token_is_verified_with_a_new_key_of_the_same_name() -> None:
    keys = StaticKeySet(tokens.jwks())
    verifier = Verifier(keys, issuer=tokens.ISSUER, audience=tokens.AUDIENCE)
    token = tokens.sign(new_id())
    await verifier.verify(token)
    other = StaticKeySet({"keys": [public_key(tokens.KEY_ID)]})
    keys._keys = other._keys
    with pytest.raises(Unauthenticated, match="TOKEN_INVALID"):
        await verifier.verify(token)


async def test_the_oldest_tokens_are_forgotten_first(
    decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "MAX_VERIFIED_TOKENS", 2)
    verifier = tokens.verifier()
    a, b, c = (tokens.sign(new_id()) for _ in range(3))
    for token in (a, b, c, b, c, a):
        await verifier.verify(token)
    assert decoded == [a, b, c, a]
