import pytest


@pytest.fixture(scope="session")
def service() -> str:
    return "mtl"
