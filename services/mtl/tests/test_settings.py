"""The secret that keys the stored digests is a setting of its own."""

from collections.abc import Iterator

import pytest

from mtl.settings import MtlSettings, lead_key_secret
from mtl.worker import WORKER
from testkit.production import set_secrets


@pytest.fixture(autouse=True)
def _without_cached_secret() -> Iterator[None]:
    lead_key_secret.cache_clear()
    yield
    lead_key_secret.cache_clear()


def test_the_digests_do_not_depend_on_the_cursor_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "development")
    keys = set()
    for secret in ("one", "two"):
        monkeypatch.setenv("L2C_SECRET", secret)
        lead_key_secret.cache_clear()
        keys.add(lead_key_secret())
    assert len(keys) == 1
    monkeypatch.setenv("MTL_LEAD_KEY_SECRET", "another")
    lead_key_secret.cache_clear()
    assert lead_key_secret() not in keys


def test_production_requires_a_strong_lead_key_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "production")
    set_secrets(monkeypatch)
    monkeypatch.setenv("OIDC_ISSUER", "https://issuer.test")
    monkeypatch.delenv("MTL_LEAD_KEY_SECRET", raising=False)
    with pytest.raises(ValueError, match=r"^MTL_LEAD_KEY_SECRET must have at least 32 .*\.$"):
        MtlSettings.of()
    monkeypatch.setenv("MTL_LEAD_KEY_SECRET", "k" * 32)
    assert MtlSettings.of().lead_key_secret.get_secret_value() == "k" * 32


def test_the_worker_checks_the_secret_at_start() -> None:
    assert WORKER.settings is MtlSettings
