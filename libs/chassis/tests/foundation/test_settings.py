"""Tests of the settings that production requires and development does not."""

from base64 import b64encode

import pytest

from chassis.foundation.settings import Settings
from testkit.production import set_secrets


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "production")
    set_secrets(monkeypatch)
    monkeypatch.setenv("OIDC_ISSUER", "https://issuer.test")
    monkeypatch.delenv("L2C_DRAIN_SECONDS", raising=False)


def test_production_starts_with_a_strong_secret_and_an_issuer() -> None:
    settings = Settings.of("testkit")
    assert settings.in_production
    assert settings.drain_for == 5


@pytest.mark.parametrize("secret", [None, "", "development-only", "x" * 31])
def test_production_refuses_a_weak_secret(
    monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    if secret is None:
        monkeypatch.delenv("L2C_SECRET")
    else:
        monkeypatch.setenv("L2C_SECRET", secret)
    with pytest.raises(ValueError, match=r"^L2C_SECRET must have at least 32 characters .*\.$"):
        Settings.of("testkit")


@pytest.mark.parametrize("issuer", [None, ""])
def test_production_refuses_a_missing_issuer(
    monkeypatch: pytest.MonkeyPatch, issuer: str | None
) -> None:
    if issuer is None:
        monkeypatch.delenv("OIDC_ISSUER")
    else:
        monkeypatch.setenv("OIDC_ISSUER", issuer)
    with pytest.raises(ValueError, match=r"^OIDC_ISSUER must be set in production: .*\.$"):
        Settings.of("testkit")


def test_production_refuses_a_weak_secret_of_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_DIGEST_SECRET", "x" * 31)
    with pytest.raises(ValueError, match=r"^L2C_DIGEST_SECRET must have at least 32 .*\.$"):
        Settings.of("testkit")


@pytest.mark.parametrize("keys", [None, ""])
def test_production_refuses_missing_encryption_keys(
    monkeypatch: pytest.MonkeyPatch, keys: str | None
) -> None:
    if keys is None:
        monkeypatch.delenv("L2C_ENCRYPTION_KEYS")
    else:
        monkeypatch.setenv("L2C_ENCRYPTION_KEYS", keys)
    with pytest.raises(ValueError, match=r"^L2C_ENCRYPTION_KEYS must be set in production: .*\.$"):
        Settings.of("testkit")


KEY, OTHER = (b64encode(bytes([one]) * 32).decode() for one in (1, 2))


@pytest.mark.parametrize("mode", ["development", "production"])
def test_the_first_key_encrypts_and_no_key_is_shown(
    monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("L2C_MODE", mode)
    monkeypatch.setenv("L2C_ENCRYPTION_KEYS", f"2027:{KEY}, 2026:{OTHER}")
    settings = Settings.of("testkit")
    keyring = settings.keyring()
    assert keyring.current_id == "2027"
    assert keyring.keys == {"2027": b"\1" * 32, "2026": b"\2" * 32}
    assert KEY not in repr(settings)
    assert "2027" not in repr(keyring)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (KEY, "Entry 1 of L2C_ENCRYPTION_KEYS must begin with the id of its key: .*"),
        (f"2026:{KEY},", "Entry 2 of L2C_ENCRYPTION_KEYS must begin with the id of its key: .*"),
        (f"Übung:{KEY}", "Entry 1 of L2C_ENCRYPTION_KEYS must begin with the id of its key: .*"),
        (f"{'k' * 17}:{KEY}", "Entry 1 of L2C_ENCRYPTION_KEYS must begin with .*"),
        (f"a:{KEY},a:{OTHER}", "L2C_ENCRYPTION_KEYS has two keys with the id 'a'."),
        ("a:c2hvcnQ=", "The key 'a' of L2C_ENCRYPTION_KEYS must be 32 random bytes in base64."),
        ("a:not base64", "The key 'a' of L2C_ENCRYPTION_KEYS must be 32 random bytes in base64."),
    ],
)
def test_keys_that_cannot_be_read_are_refused(
    monkeypatch: pytest.MonkeyPatch, keys: str, message: str
) -> None:
    monkeypatch.setenv("L2C_ENCRYPTION_KEYS", keys)
    with pytest.raises(ValueError, match=f"^{message}$") as refused:
        Settings.of("testkit")
    assert KEY not in str(refused.value)


def test_development_starts_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.delenv("L2C_ENCRYPTION_KEYS")
    monkeypatch.delenv("L2C_DIGEST_SECRET")
    monkeypatch.delenv("L2C_SECRET")
    monkeypatch.delenv("OIDC_ISSUER")
    assert Settings.of("testkit").drain_for == 0
    assert Settings.of("testkit").keyring().current_id == "development"
    monkeypatch.setenv("L2C_DRAIN_SECONDS", "2")
    assert Settings.of("testkit").drain_for == 2


def test_production_refuses_an_issuer_whose_keys_could_be_changed_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "http://issuer.test")
    with pytest.raises(ValueError, match=r"^OIDC_ISSUER must begin with https:// in production\.$"):
        Settings.of("testkit")
