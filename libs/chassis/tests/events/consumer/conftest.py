"""Tables for the effects and replicas of the sample subscriptions."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from sqlalchemy import text

from chassis.database.columns import CURRENT_TENANT
from chassis.database.engine import Database
from libs.chassis.tests.events.consumer.samples import Faults, metadata
from testkit.ground import Ground
from testkit.kept_logging import kept_logging


@pytest.fixture(scope="module", autouse=True)
async def _tables(ground: Ground) -> AsyncIterator[None]:
    owner = Database((await ground.urls("testkit")).owner_url, name="test-owner")
    async with owner.begin(None) as tx:
        await tx.run_sync(metadata.create_all)
        for table in metadata.tables:
            condition = f"tenant_id = (SELECT {CURRENT_TENANT})"
            await tx.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
            await tx.execute(text(f"CREATE POLICY own_rows ON {table} USING ({condition})"))
            verbs = "SELECT, INSERT, UPDATE, DELETE"
            await tx.execute(text(f"GRANT {verbs} ON {table} TO testkit_app, testkit_worker"))
    yield
    async with owner.begin(None) as tx:
        await tx.run_sync(metadata.drop_all)
    await owner.dispose()


@pytest.fixture(scope="module", autouse=True)
def _silence_logs() -> Iterator[None]:
    """These tests cause failures; printing their tracebacks would take most of the time."""
    with kept_logging():
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        yield


@pytest.fixture
def faults() -> Faults:
    return Faults()
