from uuid import UUID

import pytest

from services.l2o.tests.deliveries import CommittedRows
from testkit.plugin import Committed


@pytest.fixture(scope="session")
def service() -> str:
    return "l2o"


@pytest.fixture
def stored(committed: Committed, tenant: UUID) -> CommittedRows:
    """The committed rows of the tenant of this test; the tables are emptied after it."""
    return CommittedRows(committed.app, tenant)
