import pytest


@pytest.fixture(scope="session")
def service() -> str:
    """The service that is measured: its opportunities are a list like most."""
    return "l2o"
