"""The table of the keys of converted leads, and all SQL on it."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, String, Table, Uuid, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import is_among_pairs
from mtl.accounts.store import accounts
from mtl.database import metadata

KeyDigest = tuple[str, bytes]  # the kind of a key, and its digest

# Several converted leads may have one phone: a customer who came back was converted again.
returning_customers = Table(
    "returning_customers",
    metadata,
    tenant_column(),
    Column("kind", String(40), primary_key=True),
    Column("digest", LargeBinary, primary_key=True, info={"personal": "digest"}),
    Column("lead_id", Uuid, primary_key=True, info={"personal": "subject"}),
    Column("account_id", Uuid, nullable=False),
    Index(None, "tenant_id", "lead_id"),
)

_C = returning_customers.c
_WITH_KEYS: Final = (  # the converted leads that had some keys, oldest first
    select(_C.kind, _C.digest, _C.lead_id, _C.account_id, accounts.c.owner_id)
    .outerjoin(accounts, (accounts.c.id == _C.account_id) & ~accounts.c.deleted)
    .where(is_among_pairs((_C.kind, _C.digest), ("kinds", "digests")))
    .order_by(_C.lead_id)
)


class ReturningCustomer(NamedTuple):
    """A converted lead of the same person, its account, and who owns the account in the replica."""

    lead_id: UUID
    account_id: UUID
    account_owner_id: str | None


async def add_keys(
    tx: AsyncConnection, keys: Collection[KeyDigest], *, lead_id: UUID, account_id: UUID
) -> None:
    """Store the keys of a converted lead; those that are stored stay."""
    rows = [
        {"kind": kind, "digest": digest, "lead_id": lead_id, "account_id": account_id}
        for kind, digest in keys
    ]
    if rows:
        await tx.execute(insert(returning_customers).on_conflict_do_nothing(), rows)


async def find(
    tx: AsyncConnection, keys: Collection[KeyDigest]
) -> dict[KeyDigest, ReturningCustomer]:
    """Return the newest converted lead that had each of these keys."""
    if not keys:
        return {}
    kinds, digests = zip(*sorted(keys), strict=True)
    found = await tx.execute(_WITH_KEYS, {"kinds": list(kinds), "digests": list(digests)})
    return {
        (row.kind, bytes(row.digest)): ReturningCustomer(row.lead_id, row.account_id, row.owner_id)
        for row in found
    }


async def leads_with_keys(tx: AsyncConnection, keys: Collection[KeyDigest]) -> Sequence[UUID]:
    """Return the converted leads that had one of these keys."""
    if not keys:
        return ()
    c = returning_customers.c
    query = select(c.lead_id).where(tuple_(c.kind, c.digest).in_(sorted(keys))).distinct()
    return (await tx.execute(query)).scalars().all()
