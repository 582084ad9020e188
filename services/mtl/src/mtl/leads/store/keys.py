"""The unique keys of leads, as keyed digests: one lead only has each of them."""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, Table, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from mtl.database import metadata
from mtl.leads.domain.keys import LeadKey
from mtl.leads.domain.lead import Lead
from mtl.settings import lead_key_secret

# The unique keys of leads. They are whole digests, because the columns of `leads` are encrypted.
lead_keys = Table(
    "lead_keys",
    metadata,
    tenant_column(),
    Column("kind", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True, info={"personal": "digest"}),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Index(None, "tenant_id", "lead_id"),
)

# On a conflict the update changes nothing: it waits for the transaction that holds the key and
# returns its holder in one statement. The order of the keys prevents deadlocks.
_RESERVE = text("""
    INSERT INTO lead_keys AS k (kind, digest, lead_id)
    SELECT * FROM unnest(:kinds, :digests, :lead_ids) AS requested (kind, digest, lead_id)
    ORDER BY kind, digest
    ON CONFLICT (tenant_id, kind, digest) DO UPDATE SET lead_id = k.lead_id
    RETURNING kind, digest, lead_id
""").bindparams(
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("digests", type_=ARRAY(LargeBinary)),
    bindparam("lead_ids", type_=ARRAY(Uuid)),
)
_RELEASE = text("""
    DELETE FROM lead_keys USING unnest(:kinds, :digests) AS released (kind, digest)
    WHERE lead_keys.kind = released.kind AND lead_keys.digest = released.digest
""").bindparams(
    bindparam("kinds", type_=ARRAY(Text)), bindparam("digests", type_=ARRAY(LargeBinary))
)


async def reserve(tx: AsyncConnection, requested: Mapping[LeadKey, UUID]) -> dict[LeadKey, UUID]:
    """Insert the keys that are free; return the lead that holds each key now."""
    if not requested:
        return {}
    rows = await tx.execute(_RESERVE, _arrays(requested) | {"lead_ids": [*requested.values()]})
    return {LeadKey(row.kind, bytes(row.digest)): UUID(str(row.lead_id)) for row in rows}


async def release(tx: AsyncConnection, keys: Collection[LeadKey]) -> None:
    """Make keys free for other leads."""
    if keys:
        await tx.execute(_RELEASE, _arrays(keys))


def _arrays(keys: Collection[LeadKey]) -> dict[str, list[Any]]:
    return {"kinds": [key.kind for key in keys], "digests": [key.digest for key in keys]}


def key_digests(secret: bytes, lead: Lead) -> list[LeadKey]:
    """The HMAC-SHA256 digests of a lead's key values: phones, mails, WeChat and external id."""
    return [
        LeadKey(kind, hmac.digest(secret, f"{kind}\0{value}".encode(), hashlib.sha256))
        for kind, value in lead.key_values
    ]


def tenant_secret(tenant: UUID) -> bytes:
    """A secret per tenant, so that equal phones of two tenants have different digests."""
    return hmac.digest(lead_key_secret(), str(tenant).encode(), hashlib.sha256)
