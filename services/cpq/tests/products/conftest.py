from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.products.importing import ProductImporter


@pytest.fixture
def importer(client: httpx.AsyncClient, tx: AsyncConnection, tenant: UUID) -> ProductImporter:
    return ProductImporter(client, tx, tenant)
