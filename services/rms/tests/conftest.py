from collections.abc import Callable
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from chassis.foundation import clock

At = Callable[[datetime], None]


@pytest.fixture(scope="session")
def service() -> str:
    return "rms"


@pytest.fixture
def at(app: FastAPI, client: httpx.AsyncClient) -> At:
    """`at(instant)`: from here on the requests of `client` happen then."""

    def set_clock(instant: datetime) -> None:
        app.dependency_overrides[clock.now] = lambda: instant

    return set_clock
