import pytest


@pytest.fixture(scope="session")
def service() -> str:
    return "mtl"


@pytest.fixture(autouse=True)
def _in_development(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digests of leads need a secret, even in tests that create no application."""
    monkeypatch.setenv("L2C_MODE", "development")
