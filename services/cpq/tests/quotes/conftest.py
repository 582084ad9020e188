import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import (
    Shop,
    open_shop,
)

Client = httpx.AsyncClient


@pytest.fixture
async def shop(tx: AsyncConnection) -> Shop:
    return await open_shop(tx)
