"""A clock of requests."""

from datetime import datetime

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from chassis.foundation import clock
from services.mtl.tests.recyclings.factories import SetClock


@pytest.fixture
def set_clock(app: FastAPI, client: AsyncClient) -> SetClock:
    """`set_clock(instant)` sets the time of all later requests of `client`."""

    def override(instant: datetime) -> None:
        app.dependency_overrides[clock.request_time] = lambda: instant

    return override
