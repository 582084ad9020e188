from collections.abc import Callable

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import (
    Shop,
    open_shop,
)

Client = httpx.AsyncClient
Token = Callable[..., str]
PERSON = "01990000-0000-7000-8000-000000000001"


@pytest.fixture
async def shop(tx: AsyncConnection) -> Shop:
    return await open_shop(tx)
