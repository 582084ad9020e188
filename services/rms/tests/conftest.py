from collections.abc import Callable
from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from chassis.foundation import clock

At = Callable[[datetime], None]  # the type of the fixture `at`


@pytest.fixture(scope="session")
def service() -> str:
    return "rms"


@pytest.fixture
def at(app: FastAPI, client: httpx.AsyncClient) -> At:
    """`at(instant)` sets the clock for all later requests of `client`."""

    def set_clock(instant: datetime) -> None:
        app.dependency_overrides[clock.request_time] = lambda: instant

    return set_clock
