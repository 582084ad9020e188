"""Leads that fall back into pools: who claims them then, who may not yet, and who is chosen."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import problem
from services.mtl.tests.pools.factories import make_pool, signed_in
from services.mtl.tests.recyclings import factories
