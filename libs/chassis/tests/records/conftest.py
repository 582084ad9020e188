"""What tests of operators' routes share."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from fastapi import FastAPI


@pytest.fixture
def operators(app: FastAPI, tenant: UUID) -> Iterator[UUID]:
    """The test's tenant is that of the operators."""
    before = app.state.settings
    app.state.settings = before.model_copy(update={"operator_tenant": tenant})
    yield tenant
    app.state.settings = before
