"""Tests of the settings that production requires and development does not."""

import pytest

from chassis.foundation.settings import Settings

SECRET = "s" * 32


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "production")
    monkeypatch.setenv("L2C_SECRET", SECRET)
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


def test_development_starts_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.delenv("L2C_SECRET")
    monkeypatch.delenv("OIDC_ISSUER")
    assert Settings.of("testkit").drain_for == 0
    monkeypatch.setenv("L2C_DRAIN_SECONDS", "2")
    assert Settings.of("testkit").drain_for == 2


def test_production_refuses_an_issuer_whose_keys_could_be_changed_on_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OIDC_ISSUER", "http://issuer.test")
    with pytest.raises(ValueError, match=r"^OIDC_ISSUER must begin with https:// in production\.$"):
        Settings.of("testkit")
