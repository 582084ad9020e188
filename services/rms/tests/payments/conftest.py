import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.rms.tests.conftest import At
from services.rms.tests.factories import (
    NOON,
    AccountLedger,
    add_ledger,
)


@pytest.fixture
async def ledger(tx: AsyncConnection, at: At) -> AccountLedger:
    at(NOON)
    return await add_ledger(tx)
