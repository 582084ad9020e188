"""Fixtures of the tests of org."""

from pathlib import Path

import pytest

from services.org.tests import factories
from testkit.shared_transaction import PrepareTenant


@pytest.fixture(scope="session")
def service() -> str:
    return "org"


@pytest.fixture(scope="session")
def app_variant() -> str:
    return "with the token issuer"


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return factories.write_key(tmp_path_factory.mktemp("keys") / "signing.pem")


@pytest.fixture
def prepare_tenant() -> PrepareTenant:
    return factories.prepare_tenant


@pytest.fixture(autouse=True)
def _fast_password_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed cheaply, also where no application is made."""
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.setenv("ORG_HASH_COST", "fast")


@pytest.fixture
def environment(environment: None, signing_key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of every service, with the token issuer switched on."""
    monkeypatch.setenv("ORG_DEV_ISSUER", "true")
    monkeypatch.setenv("ORG_SIGNING_KEY_FILE", str(signing_key))
    monkeypatch.setenv("OIDC_ISSUER", factories.ISSUER)
