from uuid import UUID

import pytest

from services.l2o.tests.deliveries import Stored
from testkit.plugin import Committed


@pytest.fixture(scope="session")
def service() -> str:
    return "l2o"


@pytest.fixture
def stored(committed: Committed, tenant: UUID) -> Stored:
    """This test's tenant, in tables that are emptied after it."""
    return Stored(committed.app, tenant)
