"""Remembers customers, who are recognized when they come back."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.returning_customers import store
from mtl.returning_customers.store import KeyDigest


async def remember_customer(
    tx: AsyncConnection, keys: Collection[KeyDigest], *, lead_id: UUID, account_id: UUID
) -> None:
    """Remember the account that a lead with these keys became."""
    await store.add_keys(tx, keys, lead_id=lead_id, account_id=account_id)
