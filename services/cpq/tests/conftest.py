from collections.abc import Callable
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from chassis.foundation import clock

SetClock = Callable[[datetime], None]


@pytest.fixture(scope="session")
def service() -> str:
    return "cpq"


@pytest.fixture
def set_clock(app: FastAPI, client: httpx.AsyncClient) -> SetClock:
    """`set_clock(instant)` sets the time of all later requests of `client`."""

    def override(instant: datetime) -> None:
        app.dependency_overrides[clock.request_time] = lambda: instant

    return override
