import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    Books,
    open_books,
)


@pytest.fixture
async def books(tx: AsyncConnection, at: At) -> Books:
    at(NOON)
    return await open_books(tx)
