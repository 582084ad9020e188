"""A clock, and leads of several days, sources and owners."""

from collections.abc import Callable
from datetime import datetime

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from chassis.foundation import clock

SetClock = Callable[[datetime], None]


@pytest.fixture
def set_clock(app: FastAPI, client: AsyncClient) -> SetClock:
    """`set_clock(instant)` sets the time of all later requests of `client`."""

    def override(instant: datetime) -> None:
        app.dependency_overrides[clock.request_time] = lambda: instant

    return override
