"""Fixtures of DESK's tests."""

import pytest


@pytest.fixture(scope="session")
def service() -> str:
    return "desk"
