"""Fixtures of XSERVICE's tests."""

import pytest


@pytest.fixture(scope="session")
def service() -> str:
    return "xservice"
